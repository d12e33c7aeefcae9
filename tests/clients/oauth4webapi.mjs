// oauth4webapi 3.8.8, npm: the calls of its own example, with a listener of Node's.
import { spawn } from 'node:child_process'
import http from 'node:http'
import * as oauth from 'oauth4webapi'

const { CLIENT_ID, CLIENT_SECRET, AUTH_URL, TOKEN_URL, USER_URL, ISSUER, REDIRECT_URI, BROWSER } = process.env
const as = { issuer: ISSUER, authorization_endpoint: AUTH_URL, token_endpoint: TOKEN_URL, userinfo_endpoint: USER_URL, authorization_response_iss_parameter_supported: true }
const client = { client_id: CLIENT_ID }
const insecure = { [oauth.allowInsecureRequests]: true }
const verifier = oauth.generateRandomCodeVerifier()
const state = oauth.generateRandomState()
const url = new URL(AUTH_URL)
for (const [name, value] of Object.entries({
  client_id: CLIENT_ID, redirect_uri: REDIRECT_URI, response_type: 'code', scope: 'read:user', state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})) url.searchParams.set(name, value)

const callback = await new Promise((resolve) => {
  const server = http.createServer((request, response) => {
    const here = new URL(request.url, REDIRECT_URI)
    if (here.pathname !== new URL(REDIRECT_URI).pathname) return response.writeHead(404).end()
    response.end('Return to the terminal.')
    server.close()
    resolve(here)
  })
  server.listen(Number(new URL(REDIRECT_URI).port), () => spawn(BROWSER, [url.href], { stdio: 'ignore' }))
})
const parameters = oauth.validateAuthResponse(as, client, callback, state)
const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.ClientSecretPost(CLIENT_SECRET), parameters, REDIRECT_URI, verifier, insecure)
const { access_token } = await oauth.processAuthorizationCodeResponse(as, client, answer)
const profile = await oauth.protectedResourceRequest(access_token, 'GET', new URL(USER_URL), new Headers({ 'user-agent': 'exam' }), null, insecure)
if (!profile.ok) throw new Error(`the profile was answered with ${profile.status}`)
console.log((await profile.json()).login)
process.exit(0)
