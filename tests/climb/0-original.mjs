// OAuth2 Authorization Code Flow (pure JavaScript version), for Node 18 and later, without packages.
// The same login as 0-original.py.

import http from "node:http";
import { spawn } from "node:child_process";

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
const REDIRECT_URI = env.REDIRECT_URI || "http://localhost:8000/callback";
const REDIRECT = new URL(REDIRECT_URI);

// Step 1 – Local HTTP callback server
function waitForCode(whenListening) {
  return new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      const url = new URL(request.url, REDIRECT_URI);
      if (url.pathname !== REDIRECT.pathname) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end("<h1>Login Successful!</h1>You can close this tab.");
      const code = url.searchParams.get("code");
      if (code) resolve(code);
    });
    server.listen(REDIRECT.port || 80, REDIRECT.hostname, whenListening);
  });
}

function openBrowser(url) {
  const [command, ...before] = {
    darwin: ["open"],
    win32: ["rundll32", "url.dll,FileProtocolHandler"],
  }[process.platform] || [env.BROWSER || "xdg-open"];
  spawn(command, [...before, url], { stdio: "ignore" }).on("error", () => console.log(url));
}

// Step 2 – Exchange code for token
async function exchangeCodeForToken(code) {
  const response = await fetch(TOKEN_URL, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      code,
      redirect_uri: REDIRECT_URI,
    }),
  });
  if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
  const answer = await response.json();
  if (!answer.access_token) throw new Error("no access_token");
  return answer.access_token;
}

// Step 3 – Fetch protected resource
async function getProfile(token) {
  const response = await fetch(USER_URL, { headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the profile endpoint answered ${response.status}`);
  return response.json();
}

// Main program
const parameters = new URLSearchParams({
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  scope: "read:user",
  response_type: "code",
});
console.log("Opening your browser, and waiting for authorization...");
const code = await waitForCode(() => openBrowser(`${AUTH_URL}?${parameters}`));
console.log(`Authorization code received: ${code}`);

const token = await exchangeCodeForToken(code);
console.log(`Access token received: ${token}`);

console.log("\n=== GitHub User Profile ===");
for (const [key, value] of Object.entries(await getProfile(token))) {
  console.log(`${key}: ${value}`);
}
process.exit(0);
