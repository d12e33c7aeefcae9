// OAuth2 Authorization Code Flow (pure JavaScript version), for Node 18 and later, without packages.
// The same login as 9-output.py, with the same checks.

import http from "node:http";
import https from "node:https";
import { spawn } from "node:child_process";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

// Configuration
const env = process.env;
const CLIENT_ID = env.CLIENT_ID;
const CLIENT_SECRET = env.CLIENT_SECRET;
if (!CLIENT_ID) {
  console.log("Error: Please set CLIENT_ID and CLIENT_SECRET environment variables.");
  process.exit(1);
}
const AUTH_URL = env.AUTH_URL || "https://github.com/login/oauth/authorize";
const TOKEN_URL = env.TOKEN_URL || "https://github.com/login/oauth/access_token";
const USER_URL = env.USER_URL || "https://api.github.com/user";
const ISSUER = env.ISSUER || "https://github.com/login/oauth";
const REDIRECT_URI = env.REDIRECT_URI || "http://localhost:8000/callback";
const REDIRECT = new URL(REDIRECT_URI);
const PORT = Number(REDIRECT.port || 80);

// The state goes out with our question and comes back with its answer.
const STATE = randomBytes(32).toString("base64url");

// PKCE: the browser carries only a hash of the verifier. Without the verifier, which goes straight
// to the token endpoint, a stolen code is worth nothing.
const VERIFIER = randomBytes(32).toString("base64url");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

const TIMEOUT = 5000; // milliseconds that a question and its answer may take
const MAX_ANSWER = 2 ** 20; // bytes that it may have

/** Enough of a secret to know it again */
function masked(secret) {
  return `${secret.slice(0, 4)}… (${secret.length} characters)`;
}

/** Shows what would colour, overwrite or reverse the line: \u{1b}, \u{d}, \u{202e} */
function printable(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`);
}

function isEqual(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

// Step 1 – Local HTTP callback server
let takeCallback; // is called with the parameters of the first right callback, and its tab
const callback = new Promise((resolve) => (takeCallback = resolve));
let isTaken = false;

/** Answers a request. Waits until the page has left, or the browser has. */
function answer(response, status, text) {
  if (response.closed) return;
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", Connection: "close" });
  return new Promise((resolve) => response.on("close", resolve).end(text));
}

function handle(request, response) {
  if ((request.headers["sec-purpose"] || "").includes("prefetch")) {
    return answer(response, 503, "Nobody has asked for this page yet");
  }
  if (request.method !== "GET") return answer(response, 501, "Only GET is understood");
  const [path, query = ""] = request.url.split("?", 2);
  if (path !== REDIRECT.pathname) return answer(response, 404, "Not found");
  const parameters = new URLSearchParams(query);
  for (const name of ["code", "error", "iss", "state"]) {
    if (parameters.getAll(name).length > 1) {
      return answer(response, 400, "A parameter stands there twice");
    }
  }

  // Any web page can send the browser here, with a code of somebody else's.
  // Only the one that we asked knows the state.
  if (!isEqual(parameters.get("state") || "", STATE)) {
    return answer(response, 400, "Not the state of this login");
  }
  // The provider says who it is. It must be the one that we asked.
  if (parameters.get("iss") !== ISSUER) {
    return answer(response, 400, "Not the issuer of this login");
  }

  const code = parameters.get("code");
  const error = parameters.get("error");
  if (!code && !error) return answer(response, 400, "Neither a code nor an error");
  if (isTaken) return answer(response, 409, "This login has had its answer");
  isTaken = true;
  // The tab waits until the login has ended, and then hears how.
  const reason = parameters.get("error_description") || error;
  takeCallback({ code, error, reason, tab: response });
}

async function listen() {
  const host = REDIRECT.hostname;
  if (!["localhost", "127.0.0.1", "[::1]"].includes(host)) {
    throw new Error("REDIRECT_URI must lead back to this machine");
  }
  // "localhost" may mean either address. Nothing but this machine can reach them.
  for (const address of ["127.0.0.1", "::1"]) {
    if (!["localhost", address, `[${address}]`].includes(host)) continue;
    const server = http.createServer({ headersTimeout: 10_000 }, handle);
    try {
      await new Promise((resolve, reject) => {
        server.on("error", reject).listen(PORT, address, resolve);
      });
    } catch (error) {
      // No IPv6 here is no harm. Somebody else on our port is.
      if (address === "::1" && error.code !== "EADDRINUSE") continue;
      throw new Error(`Port ${PORT} can't be opened: ${error.code}`);
    }
  }
}

function openBrowser(url) {
  const [command, ...before] = {
    darwin: ["open"],
    win32: ["rundll32", "url.dll,FileProtocolHandler"],
  }[process.platform] || [env.BROWSER || "xdg-open"];
  const browser = spawn(command, [...before, url], { stdio: "ignore", detached: true });
  browser.on("error", () => console.log(`Open this URL in a browser:\n${url}`));
  browser.unref();
}

// Steps 2 and 3 – Ask, and read the answer
async function ask(who, url, { method = "GET", headers, body = "" }) {
  // Unlike `fetch`, this follows no redirect: the code and the secret would go along.
  const { request } = url.startsWith("https:") ? https : http;
  const response = await new Promise((resolve, reject) => {
    // The time is for the whole of it, to the last byte.
    const options = { method, headers, agent: false, signal: AbortSignal.timeout(TIMEOUT) };
    request(url, options, resolve).on("error", reject).end(body);
  });
  let length = 0;
  const pieces = [];
  for await (const piece of response) {
    length += piece.length;
    if (length > MAX_ANSWER) throw new Error(`${who} sends too much`);
    pieces.push(piece);
  }

  let found;
  try {
    found = JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    found = null;
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new Error(`${who} answered ${response.statusCode}, and no JSON object`);
  }
  // GitHub says no with an error and the status 200, other providers with 400 or 401.
  if (response.statusCode !== 200 || "error" in found) {
    const reason = found.error_description || found.error || found.message;
    throw new Error(`${who} answered ${response.statusCode}: ${reason}`);
  }
  return found;
}

// Step 2 – Exchange code for token
async function exchangeCodeForToken(code) {
  const found = await ask("The token endpoint", TOKEN_URL, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/x-www-form-urlencoded",
      "User-Agent": "9-output.mjs",
    },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      code,
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    }).toString(),
  });
  // Other types need more than to be sent along.
  if (String(found.token_type).toLowerCase() !== "bearer") {
    throw new Error("The token is of a type that this program doesn't know");
  }
  // A line end in the token would begin another header.
  const token = found.access_token;
  if (typeof token !== "string" || !/^[!-~]+$/.test(token)) {
    throw new Error("There is no token in the answer that can be used");
  }
  // The person may have taken something away from what we asked for.
  if (!String(found.scope ?? "read:user").includes("read:user")) {
    console.log("Warning: the scope read:user was not granted");
  }
  return token;
}

// Step 3 – Fetch protected resource
function getProfile(token) {
  // GitHub's API answers nobody who doesn't say what program they are.
  const headers = { Authorization: `Bearer ${token}`, "User-Agent": "9-output.mjs" };
  return ask("The profile", USER_URL, { headers });
}

// Main program
async function main() {
  // Before the browser starts, so that nobody comes too early
  await listen();
  const parameters = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    scope: "read:user",
    response_type: "code",
    state: STATE,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  });
  console.log("Opening your browser, and waiting for authorization...");
  // The endpoint may have a query of its own, a tenant for example
  openBrowser(AUTH_URL + (AUTH_URL.includes("?") ? "&" : "?") + parameters);

  const { code, error, reason, tab } = await callback;
  let profile;
  try {
    if (error) throw new Error(reason);
    console.log(`Authorization code received: ${masked(code)}`);
    const token = await exchangeCodeForToken(code);
    console.log(`Access token received: ${masked(token)}`);
    profile = await getProfile(token);
  } finally {
    // However it ended, the tab hears of it, and has its page before we leave
    if (profile) {
      await answer(tab, 200, "<h1>Login Successful!</h1>You can close this tab.");
    } else {
      await answer(tab, 502, "<h1>Login failed</h1>The terminal says why.");
    }
  }

  console.log("\n=== GitHub User Profile ===");
  for (const [key, value] of Object.entries(profile)) {
    console.log(`${printable(key)}: ${printable(value)}`);
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`Error: ${printable(error.message)}`);
  process.exit(1);
}
