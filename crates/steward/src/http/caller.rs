//! Who is calling: the extractors that authenticate and authorise. A handler's first argument is one of them, so a
//! route without a decision about access does not compile.

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use db::Class;
use sha2::{Digest, Sha256};

use super::App;
use super::endpoint::{Describe, Operation};
use super::idempotency;
use super::limits::Asker;
use super::reply::{Answer, Reply};
use super::serve::Place;
use crate::clock::Time;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::people::tokens::{self, KnownToken};
use crate::people::{Role, Scope};
use crate::web;
use crate::work::{Actor, Work};

/// The authenticated caller with what the request says about itself.
#[derive(Clone)]
pub struct Caller {
    pub app: App,
    pub actor: Actor,
    /// The token that was used, to be ended by signing out.
    pub token_id: Option<i64>,
    pub facts: Arc<RequestFacts>,
}

/// What of a request matters beyond its body.
pub struct RequestFacts {
    /// Method and path as they came: what an idempotency key is scoped to.
    pub route: String,
    pub idempotency_key: Option<String>,
    if_match: Option<String>,
    /// Where a listener of live events left off.
    pub last_event_id: Option<String>,
    body_hash: OnceLock<[u8; 32]>,
    /// The caller's address, from the proxy's header only where the proxy is listed.
    pub address: IpAddr,
    /// Whether the browser came over TLS, as far as the settings or a listed proxy say so.
    pub is_secure: bool,
    /// The place that the connection takes among those served at a time.
    pub place: Option<Place>,
}

impl RequestFacts {
    /// Notes what an idempotency key stands for.
    pub(crate) fn note_body(&self, bytes: &[u8]) {
        if self.idempotency_key.is_some() {
            let _ = self.body_hash.set(Sha256::digest(bytes).into());
        }
    }

    pub(super) fn body_hash(&self) -> [u8; 32] {
        self.body_hash.get().copied().unwrap_or_default()
    }
}

impl Caller {
    /// Reads in one snapshot as this caller.
    pub async fn read<T, F>(&self, class: Class, f: F) -> Result<T>
    where
        F: Fn(&mut Work) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let _turn = match class {
            Class::Bounded => None,
            Class::Slow => self.app.turns.take(self.actor, self.facts.address).await?,
        };
        self.app.read(class, self.actor, f).await
    }

    /// Writes in one transaction as this caller. A `POST` with an `Idempotency-Key` is told its first answer again
    /// (spec 1).
    pub async fn write<R, F>(&self, f: F) -> Result<Answer<R>>
    where
        F: Fn(&mut Work) -> Result<R> + Send + Sync + 'static,
        R: Reply,
    {
        if self.facts.idempotency_key.is_none() || self.actor == Actor::Anonymous {
            return Ok(self.app.write(self.actor, f).await?.into());
        }
        let facts = self.facts.clone();
        let told = self
            .app
            .write(self.actor, move |work| idempotency::once(work, &facts, |work| Ok(f(work)?.told())));
        Ok(Answer::again(told.await?))
    }

    /// Writes something whose answer holds a secret: it is never stored to be told again.
    pub async fn write_secret<R, F>(&self, f: F) -> Result<Answer<R>>
    where
        F: Fn(&mut Work) -> Result<R> + Send + Sync + 'static,
        R: Reply,
    {
        Ok(self.app.write(self.actor, f).await?.into())
    }

    /// The version that `If-Match` demands of thing `id`, to be compared inside the transaction that changes it.
    pub fn expected(&self, id: i64) -> Expected {
        Expected { id, tags: self.facts.if_match.clone() }
    }
}

/// A precondition: the entity tags that the caller will have changed, if any were named.
#[derive(Debug, Clone)]
pub struct Expected {
    id: i64,
    tags: Option<String>,
}

impl Expected {
    /// No precondition.
    pub fn any(id: i64) -> Expected {
        Expected { id, tags: None }
    }

    /// Edit `version` of thing `id`, as a form names it.
    pub fn version(id: i64, version: i64) -> Expected {
        Expected { id, tags: Some(super::reply::etag(id, version)) }
    }

    /// 412 unless the present version is one that was named. Weak tags never match (RFC 9110, 13.1.1).
    pub fn check(&self, version: i64) -> Result<()> {
        let Some(tags) = &self.tags else { return Ok(()) };
        let present = super::reply::etag(self.id, version);
        let met = tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == present);
        if met { Ok(()) } else { Err(Error::Stale) }
    }
}

/// Finds out who calls.
async fn authenticate(parts: &mut Parts, app: &App) -> Result<(Caller, Option<Scope>)> {
    let facts = Arc::new(facts(parts, app)?);
    parts.extensions.insert(facts.clone());
    let caller = |actor, token_id| Caller { app: app.clone(), actor, token_id, facts: facts.clone() };
    let now = app.clock.now();
    // Whoever shows nothing that we know is counted by address, or a made-up token would be a new start each time.
    let stranger = || app.limits.admit(Asker::Address(facts.address), now);
    let Some(credentials) = parts.headers.get(header::AUTHORIZATION) else {
        if let Some(token) = web::of_request(&parts.headers, facts.is_secure) {
            if !matches!(parts.method, Method::GET | Method::HEAD) && !web::is_same_origin(&parts.headers) {
                stranger()?;
                return Err(Error::Forbidden("a page of another site asked for this".into()));
            }
            if let Some(known) = known(app, token, now).await? {
                app.limits.admit(Asker::Token(known.token_id), now)?;
                return Ok((caller(known.actor()?, Some(known.token_id)), Some(known.scope)));
            }
        }
        // A session that has ended is none.
        stranger()?;
        let demo = app.demo_admin.filter(|_| parts.extensions.get::<web::ForPage>().is_none());
        return Ok((caller(demo.unwrap_or(Actor::Anonymous), None), None));
    };
    let token = credentials
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .map(|(scheme, token)| (scheme, token.trim()));
    let Some((_, token)) = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        stranger()?;
        return Err(Error::Unauthenticated("the Authorization header is to be `Bearer <token>`"));
    };
    match known(app, token, now).await? {
        Some(known) => {
            app.limits.admit(Asker::Token(known.token_id), now)?;
            Ok((caller(known.actor()?, Some(known.token_id)), Some(known.scope)))
        }
        None => {
            stranger()?;
            Err(Error::Unauthenticated("the token is unknown, expired or revoked"))
        }
    }
}

/// The token that is known by this secret and has not run out.
async fn known(app: &App, secret: &str, now: Time) -> Result<Option<KnownToken>> {
    let hash = tokens::hash(secret);
    let known = app.read(Class::Bounded, Actor::Anonymous, move |work| tokens::find(work, &hash)).await?;
    Ok(known.filter(|known| known.expires_at.is_none_or(|end| end > now)))
}

fn facts(parts: &Parts, app: &App) -> Result<RequestFacts> {
    let header = |name: &str, most: usize| match parts.headers.get(name) {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(text) if !text.is_empty() && text.len() <= most => Ok(Some(text.to_owned())),
            _ => Err(Error::Unreadable(format!(
                "the header {name} is to be 1 to {most} visible ASCII characters"
            ))),
        },
    };
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let idempotency_key = if parts.method == Method::POST { header("idempotency-key", 200)? } else { None };
    Ok(RequestFacts {
        route: if idempotency_key.is_some() {
            format!("{} {}", parts.method, parts.uri.path())
        } else {
            String::new()
        },
        idempotency_key,
        if_match: header("if-match", 2000)?,
        last_event_id: header("last-event-id", 100)?,
        place: parts.extensions.get::<Place>().cloned(),
        body_hash: OnceLock::new(),
        address: client_address(&parts.headers, peer, &app.config.trusted_proxies),
        is_secure: is_secure(&parts.headers, peer, &app.config),
    })
}

/// Whether the browser came over TLS. A listed proxy says so in `X-Forwarded-Proto`; what anybody else says there is not
/// believed. Otherwise the desk's public address tells, except to a browser on this very machine.
fn is_secure(headers: &HeaderMap, peer: Option<IpAddr>, config: &Config) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if peer.is_some_and(|peer| config.trusted_proxies.contains(&peer.to_canonical()))
        && let Some(schemes) = text("x-forwarded-proto")
    {
        return schemes.rsplit(',').next().is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
    }
    let host = text("host").unwrap_or("");
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    config.public_url.starts_with("https://") && !is_loopback
}

/// The address nearest to the client that somebody trustworthy vouches for: the peer's own, or, while that is a
/// listed proxy, the last entry of `X-Forwarded-For` that no listed proxy wrote.
fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1])).to_canonical();
    if !proxies.contains(&peer) {
        return peer;
    }
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
        if !proxies.contains(&nearest) {
            break;
        }
    }
    nearest
}

/// The route's pattern, for logs and metrics.
pub fn matched_path(parts: &axum::http::Extensions) -> Option<&str> {
    parts.get::<MatchedPath>().map(MatchedPath::as_str)
}

macro_rules! permission {
    ($(#[doc = $doc:literal])* $name:ident, $who:literal, |$actor:ident| $allowed:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name(pub Caller);

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }

        impl FromRequestParts<App> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
                let (caller, scope) = authenticate(parts, app).await?;
                let $actor = caller.actor;
                parts.extensions.insert($actor);
                if !$allowed {
                    return Err(match $actor {
                        Actor::Anonymous => Error::Unauthenticated("this needs a token: `Authorization: Bearer <token>`"),
                        _ => Error::Forbidden(concat!("this is for ", $who).into()),
                    });
                }
                let reads = matches!(parts.method, Method::GET | Method::HEAD);
                if !reads && scope == Some(Scope::Read) {
                    return Err(Error::Forbidden("this token may only read".into()));
                }
                Ok($name(caller))
            }
        }

        impl Describe for $name {
            fn describe(operation: &mut Operation<'_>) {
                operation.problem(401, "No credentials, or none that are known");
                operation.problem(403, concat!("This is for ", $who));
                operation.problem(400, "The request cannot be read");
                operation.problem(429, "Too many requests: come back after `Retry-After` seconds");
                operation.problem(503, "The database is away");
                operation.secured = true;
                if operation.writes {
                    operation.problem(409, "The state of things forbids it");
                    operation.problem(412, "Changed since the version named in If-Match");
                    operation.problem(507, "The database's disk is full");
                }
            }
        }
    };
}

/// Everybody, strangers too. Credentials are not looked at: nobody is kept from signing in by a token that has run out,
/// and whether the process is up does not depend on the database.
#[derive(Clone)]
pub struct Anyone(pub Caller);

impl Deref for Anyone {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let facts = Arc::new(facts(parts, app)?);
        parts.extensions.insert(facts.clone());
        Ok(Anyone(Caller { app: app.clone(), actor: Actor::Anonymous, token_id: None, facts }))
    }
}

impl Describe for Anyone {
    fn describe(operation: &mut Operation<'_>) {
        operation.problem(400, "The request cannot be read");
        operation.problem(503, "The database is away");
        if operation.writes {
            operation.problem(401, "The credentials in the body are wrong");
            operation.problem(429, "Too many failures: Retry-After says when to come back");
            operation.problem(507, "The database's disk is full");
        }
    }
}

/// Whoever reads, or speaks of, what may be public: strangers too, but a token that is shown is looked at. What each sees is the model's
/// scope.
#[derive(Clone)]
pub struct Reader(pub Caller);

impl Deref for Reader {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let (caller, scope) = authenticate(parts, app).await?;
        parts.extensions.insert(caller.actor);
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if !reads && scope == Some(Scope::Read) {
            return Err(Error::Forbidden("this token may only read".into()));
        }
        Ok(Reader(caller))
    }
}

impl Describe for Reader {
    fn describe(operation: &mut Operation<'_>) {
        operation.problem(400, "The request cannot be read");
        operation.problem(401, "Credentials that are not known");
        operation.problem(403, "Not for this caller");
        operation.problem(404, "No such thing, or not for the caller's eyes");
        operation.problem(429, "Too many requests: come back after `Retry-After` seconds");
        operation.problem(503, "The database is away");
        if operation.writes {
            operation.problem(409, "The state of things forbids it");
            operation.problem(507, "The database's disk is full");
        }
    }
}

/// Whoever holds a secret link: the link says who it is for, other credentials are not looked at.
#[derive(Clone)]
pub struct Guest(pub Caller);

impl Deref for Guest {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<App> for Guest {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Anyone(caller) = Anyone::from_request_parts(parts, app).await?;
        app.limits.admit(Asker::Address(caller.facts.address), app.clock.now())?;
        Ok(Guest(caller))
    }
}

impl Describe for Guest {
    fn describe(operation: &mut Operation<'_>) {
        operation.problem(400, "The request cannot be read");
        operation.problem(404, "No such link");
        operation.problem(410, "The link was good until then");
        operation.problem(429, "Too many requests: come back after `Retry-After` seconds");
        operation.problem(503, "The database is away");
        if operation.writes {
            operation.problem(409, "It has been done already");
            operation.problem(507, "The database's disk is full");
        }
    }
}

permission!(
    /// Whoever is known: users and customers. What each sees is the model's scope.
    Known, "signed-in users and customers", |actor| matches!(actor, Actor::User { .. } | Actor::Contact { .. })
);
permission!(
    /// Customers alone.
    Customer, "customers: you are signed in as a user of the desk",
    |actor| matches!(actor, Actor::Contact { .. })
);
permission!(
    /// Users of any role.
    Viewer, "users of the desk", |actor| actor.is_at_least(Role::Viewer)
);
permission!(
    /// Users who work cases.
    Agent, "agents, managers and admins", |actor| actor.is_at_least(Role::Agent)
);
permission!(
    /// Customers, and users who work cases.
    Participant, "customers, agents, managers and admins",
    |actor| actor.is_at_least(Role::Agent) || matches!(actor, Actor::Contact { .. })
);
permission!(
    /// Users who run the desk.
    Manager, "managers and admins", |actor| actor.is_at_least(Role::Manager)
);
permission!(
    /// Users who run the installation.
    Admin, "admins", |actor| actor.is_at_least(Role::Admin)
);
