// An OpenID Connect provider on this machine, of other people's make: panva's oidc-provider, with a sign-in form that believes whatever it is told.
import {generateKeyPairSync} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {Provider} from 'oidc-provider';

/** What the provider knows of an address: by how it begins, verified or not, or without saying so, in the ID token or by user info only. */
function account(_, address) {
  return {
    accountId: address,
    async claims(use) {
      if(use === 'id_token' && address.startsWith('user-info')) {
        return {sub: address};
      }
      const verified = address.startsWith('silent') ? {} : {email_verified: !address.startsWith('unverified')};
      return {sub: address, ...address.startsWith('nameless') ? {} : {email: address, ...verified}};
    },
  };
}

/** Nobody is asked whether the client may know the address. */
async function grant({oidc}) {
  const made = new oidc.provider.Grant({clientId: oidc.client.clientId, accountId: oidc.session.accountId});
  made.addOIDCScope('openid email');
  await made.save();
  return made;
}

function jwk() {
  const {privateKey} = generateKeyPairSync('rsa', {modulusLength: 2048});
  return {...privateKey.export({format: 'jwk'}), kid: 'one', alg: 'RS256', use: 'sig'};
}

const page = body => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Provider</title>${body}`;

async function body(request) {
  const chunks = await request.toArray();
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** A provider at `issuer`, which knows one client; how to end it. Beside its own pages, `/elsewhere?to=` is another site's page with a link. */
export async function provider({issuer, id, secret, back}) {
  const oidc = new Provider(issuer, {
    clients: [{
      client_id: id, client_secret: secret, redirect_uris: [back], grant_types: ['authorization_code'], response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    }],
    claims: {openid: ['sub'], email: ['email', 'email_verified']},
    conformIdTokenClaims: false,
    cookies: {keys: ['signs cookies of a test']},
    features: {devInteractions: {enabled: false}},
    findAccount: account,
    interactions: {url: (_, {uid}) => `/interaction/${uid}`},
    jwks: {keys: [jwk()]},
    loadExistingGrant: grant,
    pkce: {required: () => true},
    ttl: {AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600},
    renderError(context, error) {
      context.type = 'html';
      context.body = page(`<h1>${error.error}</h1>`);
    },
  });
  const answer = oidc.callback();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer);
    if(url.pathname === '/elsewhere') {
      response.setHeader('content-type', 'text/html');
      response.end(page(`<a href="${url.searchParams.get('to').replaceAll('&', '&amp;')}">a link</a>`));
    } else if(!url.pathname.startsWith('/interaction/')) {
      answer(request, response);
    } else if(request.method === 'GET') {
      response.setHeader('content-type', 'text/html');
      response.end(page('<form method="post"><input name="login"><button>Sign in</button><button name="cancel" value="1">Cancel</button></form>'));
    } else {
      const form = await body(request);
      const result = form.has('cancel') ? {error: 'access_denied'} : {login: {accountId: form.get('login'), remember: false}};
      await oidc.interactionFinished(request, response, result, {mergeWithLastSubmission: false});
    }
  });
  server.listen(new URL(issuer).port, '127.0.0.1');
  await once(server, 'listening');
  return {
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
