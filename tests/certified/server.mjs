// A certified authorization server for the tests: `oidc-provider`, with three clients and a person
// who always says yes. It listens on a free port of this machine and prints, line by line:
//
//   issuer http://127.0.0.1:…      once, when it is ready
//   issued …                       the access token of each login
//
// `tests/suite/certified.rs` installs the package, and names its module as the argument.

import { createServer } from 'node:http';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';

const { Provider } = await import(pathToFileURL(argv[2]));

// The package would mix its hints about defaults into those lines.
console.info = () => {};

const client = (client_id, token_endpoint_auth_method) => ({
  client_id,
  token_endpoint_auth_method,
  client_secret: token_endpoint_auth_method === 'none' ? undefined : process.env.CLIENT_SECRET,
  // RFC 8252 §7.3: a native app's redirect URI may have any port on a loopback address.
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
});

const configuration = {
  clients: [
    client('public', 'none'),
    // A colon, because HTTP Basic ends the id at the first one that isn't encoded.
    client('basic:client', 'client_secret_basic'),
    client('post', 'client_secret_post'),
  ],
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access'],
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);

  // The person: signs in as Mona, and then grants whatever is asked for.
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const { prompt, params, session } = await provider.interactionDetails(ctx.req, ctx.res);
    let decision = { login: { accountId: 'mona' } };
    if (prompt.name === 'consent') {
      const { accountId } = session;
      const grant = new provider.Grant({ accountId, clientId: params.client_id });
      if (params.scope) grant.addOIDCScope(params.scope);
      decision = { consent: { grantId: await grant.save() } };
    }
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, decision));
  });

  // The package takes a secret in either place. This server takes it only where the client is
  // registered to send it, and none from a public client.
  provider.use(async (ctx, next) => {
    await next();
    if (!ctx.path.startsWith('/token') || !ctx.oidc?.client) return;
    const inBody = ctx.oidc.body.client_secret !== undefined && 'client_secret_post';
    const used = ctx.headers.authorization ? 'client_secret_basic' : inBody || 'none';
    if (used === ctx.oidc.client.clientAuthMethod) return;
    ctx.status = 401;
    ctx.body = { error: 'invalid_client', error_description: `this is ${used}` };
  });

  // These tokens are opaque, and such a token is its own identifier.
  provider.on('access_token.saved', ({ jti }) => console.log(`issued ${jti}`));

  server.on('request', provider.callback());
  console.log(`issuer ${issuer}`);
});
