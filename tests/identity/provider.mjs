/**
 * A real OpenID provider for the tests: panva's certified oidc-provider, with its own sign-in pages, on a loopback port.
 * Its settings are one JSON object as the only argument: {issuer, port, client_id, client_secret, redirect_uri, algorithm, people}.
 * People are {login: {email, email_verified, groups}}; any password will do. Prints "ready" once it listens.
 */

import Provider from "oidc-provider";

const settings = JSON.parse(process.argv[2]);
const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: settings.client_id,
    client_secret: settings.client_secret,
    redirect_uris: [settings.redirect_uri],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    id_token_signed_response_alg: settings.algorithm,
  }],
  pkce: { methods: ["S256"], required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["groups"] },
  conformIdTokenClaims: settings.conform,
  features: { devInteractions: { enabled: true } },
  findAccount: (_, login) => (login in settings.people
    ? { accountId: login, claims: () => ({ sub: login, ...settings.people[login] }) }
    : undefined),
  jwks: settings.jwks,
  cookies: { keys: ["a key of the tests"] },
});
provider.listen(settings.port, "127.0.0.1", () => console.log("ready"));
