//! The commands, each from options to a JSON answer.

use crate::arguments::Arguments;
use badge::input::FieldError;
use badge::plan::Tier;
use badge::{ClientId, EmailAddress, ExportId, Lang, Organisation};
use edge::{Clock, chance, config};
use jiff::Timestamp;
use proof::keys::PublicKey;
use queue::{ExportJob, Queue, Watch};
use serde_json::{Value, json};
use signer::Signer;
use std::collections::BTreeMap;
use std::io::Write as _;
use store::check::Busy;
use store::people::{INVITATION_LIFE, person};
use store::restore::Which;
use store::secrets::new_secret;
use store::signing_keys::DEFAULT_SCOPE;
use store::{Export, ExportState, KeyPurpose, KeyState, Member, Role, SigningKey, Store, StoreError};

/// Between two looks at whether an export is there.
const EXPORT_LOOKS: std::time::Duration = std::time::Duration::from_secs(2);

pub(crate) type Answer = Result<Value, String>;

/// The variables that name the deployment's own keys.
const KEY_VARIABLES: [&str; 3] = ["CREDENTIAL_KEY_ARN", "CREDENTIAL_JWT_KEY_ARN", "CREDENTIAL_RSA_KEY_ARN"];

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) now: Timestamp,
}

#[expect(clippy::disallowed_methods, reason = "a command reads the clock once, when it starts")]
pub(crate) async fn world() -> Result<World, String> {
    let aws = config::bounded().load().await;
    let text = |error: config::ConfigError| error.to_string();
    let store =
        Store::new(&aws, config::required("TABLE_NAME").map_err(text)?, config::required("BUCKET_NAME").map_err(text)?);
    Ok(World { store, signer: Signer::new(&aws), now: Timestamp::now() })
}

fn complaints(errors: &[FieldError]) -> String {
    let line = |e: &FieldError| format!("{}: {}", e.pointer.trim_start_matches('/'), e.reason.text(Lang::En));
    errors.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn client(arguments: &Arguments) -> Result<ClientId, String> {
    arguments.required("client")?.parse().map_err(|_| "--client is no client id".to_owned())
}

/// `org create`.
pub(crate) async fn create_organisation(arguments: &Arguments) -> Answer {
    arguments.only(&["name", "url", "email", "description", "country", "vc-jwt", "sign", "id", "key-scope"])?;
    let id = match arguments.optional("id") {
        Some(id) => id.parse().map_err(|_| "--id must be letters and digits, at most 40".to_owned())?,
        None => ClientId::from_random(chance::bytes()),
    };
    let scope = match arguments.optional("key-scope").unwrap_or(DEFAULT_SCOPE) {
        DEFAULT_SCOPE => DEFAULT_SCOPE.to_owned(),
        "own" => id.to_string(),
        _ => return Err("--key-scope is default or own".into()),
    };
    let mut body = json!({"name": arguments.required("name")?, "url": arguments.required("url")?, "email": arguments.required("email")?});
    for (option, field) in
        [("description", "description"), ("country", "country"), ("vc-jwt", "vc_jwt"), ("sign", "sign")]
    {
        if let Some(value) = arguments.optional(option) {
            body[field] = value.into();
        }
    }
    let World { store, now, .. } = world().await?;
    let organisation = Organisation::read(&body, id, now).map_err(|errors| complaints(&errors))?;
    let created = store.create_organisation(&organisation, &scope, chance::bytes()).await;
    created.map_err(|error| match error {
        StoreError::Conflict => "an organisation of this id exists already".to_owned(),
        other => other.to_string(),
    })?;
    let (secret, stored) = new_secret(chance::bytes(), "first", vec![Role::Admin], now);
    store.add_secret(&organisation.id, &stored, None).await.map_err(|e| e.to_string())?;
    let urls = config::urls().map_err(|e| e.to_string())?;
    Ok(json!({
        "client_id": organisation.id.as_str(),
        "client_secret": secret,
        "did": urls.issuer_did(&organisation.id),
        "profile": urls.issuer(&organisation.id),
    }))
}

/// `org change`.
pub(crate) async fn change_organisation(arguments: &Arguments) -> Answer {
    let fields = ["name", "url", "email", "description", "country", "sign"];
    arguments.only(&[&["client"], &fields[..]].concat())?;
    let given = fields.iter().filter_map(|field| Some(((*field).to_owned(), arguments.optional(field)?.into())));
    let body: Value = Value::Object(given.collect());
    let World { store, now, .. } = world().await?;
    let found = store.organisation(&client(arguments)?).await.map_err(|e| e.to_string())?;
    let found = found.ok_or("there is no such organisation")?;
    let changed = found.organisation.changed(&body, now).map_err(|errors| complaints(&errors))?;
    store.update_organisation(&changed).await.map_err(|e| e.to_string())?;
    Ok(json!({"organisation": changed}))
}

/// `org show`.
pub(crate) async fn show_organisation(arguments: &Arguments) -> Answer {
    arguments.only(&["client"])?;
    let found = world().await?.store.organisation(&client(arguments)?).await.map_err(|e| e.to_string())?;
    let found = found.ok_or("there is no such organisation")?;
    let plan = found.tier.map(Tier::name);
    Ok(json!({"organisation": found.organisation, "key_scope": found.key_scope, "plan": plan}))
}

/// `org plan`: gives an organisation a plan, or with `default` whichever the deployment has for all.
pub(crate) async fn set_plan(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "plan"])?;
    let (client, plan) = (client(arguments)?, arguments.required("plan")?);
    let tier = match plan {
        "default" => None,
        name => Some(Tier::from_name(name).ok_or("--plan is basic, premium, pro or default")?),
    };
    match world().await?.store.set_tier(&client, tier).await {
        Ok(()) => Ok(json!({"client_id": client.as_str(), "plan": plan})),
        Err(StoreError::Conflict) => Err("there is no such organisation".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// `org export`: everything an organisation owns, as its admins get it in the console, into a file.
pub(crate) async fn export(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "file"])?;
    let (client, file) = (client(arguments)?, arguments.required("file")?);
    let World { store, now, .. } = world().await?;
    if store.organisation(&client).await.map_err(|e| e.to_string())?.is_none() {
        return Err("there is no such organisation".into());
    }
    let mut export = Export::new(ExportId::from_random(chance::bytes()), client.clone(), now);
    if !store.begin_export(&export).await.map_err(|e| e.to_string())? {
        return Err("an export is being made already".into());
    }
    let aws = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
    let queue = Queue::new(&aws, config::required("EXPORT_QUEUE_URL").map_err(|e| e.to_string())?);
    let job = ExportJob { client: client.clone(), export: export.id.clone() };
    queue.send(&[job], 0).await.map_err(|e| e.to_string())?;
    let clock = Clock::starting_at(now);
    while let ExportState::Running { .. } = export.progress {
        if export.has_failed(clock.now()) {
            return Err("it did not work; see the log of the function export".into());
        }
        tokio::time::sleep(EXPORT_LOOKS).await;
        let found = store.export(&client, &export.id, clock.now()).await.map_err(|e| e.to_string())?;
        export = found.ok_or("the export is gone")?;
    }
    let mut out = std::fs::File::create(file).map_err(|e| format!("{file}: {e}"))?;
    let mut body = store.export_stream(&export).await.map_err(|e| e.to_string())?;
    while let Some(piece) = body.try_next().await.map_err(|e| e.to_string())? {
        out.write_all(&piece).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(json!({"client_id": client.as_str(), "file": file, "export": export.progress}))
}

/// `org erase`.
pub(crate) async fn erase_organisation(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "apply", "name"])?;
    let client = client(arguments)?;
    let write = yes(arguments, "apply")?;
    let World { store, .. } = world().await?;
    let evidence = store.in_bucket(config::required("EVIDENCE_BUCKET_NAME").map_err(|error| error.to_string())?);
    let organisation = store.organisation(&client).await.map_err(|error| error.to_string())?;
    // What is left of an erasure that broke off has no name any more.
    if let Some(found) = organisation.filter(|_| write) {
        let name = found.organisation.name;
        if arguments.optional("name") != Some(name.as_str()) {
            return Err(format!("this erases everything of \"{name}\"; say so by --name"));
        }
    }
    let found = store.erase_organisation(&evidence, &client, write).await.map_err(|error| error.to_string())?;
    let mut answer = json!(found);
    answer["erased"] = write.into();
    Ok(answer)
}

fn address(arguments: &Arguments) -> Result<EmailAddress, String> {
    arguments.required("email")?.parse().map_err(|_| "--email is no mail address".to_owned())
}

/// `person export`: everything kept of an address, in all organisations, into a file.
pub(crate) async fn export_person(arguments: &Arguments) -> Answer {
    arguments.only(&["email", "file"])?;
    let (address, file) = (address(arguments)?, arguments.required("file")?);
    let World { store, now, .. } = world().await?;
    let urls = config::urls().map_err(|error| error.to_string())?;
    let mut record = store.person_record(&address, now).await.map_err(|error| error.to_string())?;
    for credential in record["credentials"].as_array_mut().into_iter().flatten() {
        let id = credential["id"].as_str().and_then(|id| id.parse().ok());
        credential["url"] = id.map(|id| urls.credential(&id)).into();
    }
    let text = serde_json::to_string_pretty(&record).map_err(|error| error.to_string())?;
    std::fs::write(file, text).map_err(|error| format!("{file}: {error}"))?;
    let lists = record.as_object().into_iter().flatten();
    let counts: BTreeMap<&str, usize> =
        lists.filter_map(|(name, list)| Some((name.as_str(), list.as_array()?.len()))).collect();
    Ok(json!({"file": file, "counts": counts}))
}

/// `person erase`.
pub(crate) async fn erase_person(arguments: &Arguments) -> Answer {
    arguments.only(&["email", "apply"])?;
    let (address, write) = (address(arguments)?, yes(arguments, "apply")?);
    if address.is_erased() {
        return Err("this stands for an address that was erased".into());
    }
    let World { store, .. } = world().await?;
    let evidence = store.in_bucket(config::required("EVIDENCE_BUCKET_NAME").map_err(|error| error.to_string())?);
    let found = store.erase_person(&evidence, &address, write).await.map_err(|error| error.to_string())?;
    let mut answer = json!(found);
    answer["erased"] = (write && found.changed_meanwhile == 0).into();
    if found.changed_meanwhile > 0 {
        answer["note"] = "something was changed meanwhile; run the command again".into();
    }
    Ok(answer)
}

/// `member add`: nobody is mailed; whoever proves the address comes in.
pub(crate) async fn add_member(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "email", "name", "roles"])?;
    let client = client(arguments)?;
    let roles = roles(arguments)?;
    let address = address(arguments)?;
    let World { store, now, .. } = world().await?;
    if store.organisation(&client).await.map_err(|e| e.to_string())?.is_none() {
        return Err("there is no such organisation".into());
    }
    let secret = store.people_secret(chance::bytes()).await.map_err(|e| e.to_string())?;
    let person = person(&secret, &address);
    let before = store.member(&client, &person).await.map_err(|e| e.to_string())?;
    let member = Member {
        person,
        address,
        name: arguments.optional("name").unwrap_or_default().to_owned(),
        roles,
        badges: None,
        created_at: before.as_ref().map_or(now, |member| member.created_at),
        joined_at: before.and_then(|member| member.joined_at),
        invited_until: now.checked_add(INVITATION_LIFE).map_err(|e| e.to_string())?,
    };
    store.put_member(&client, &member).await.map_err(|e| e.to_string())?;
    let urls = config::urls().map_err(|e| e.to_string())?;
    Ok(json!({"client_id": client.as_str(), "member": member.person.as_str(), "console": urls.console()}))
}

/// `member list`.
pub(crate) async fn list_members(arguments: &Arguments) -> Answer {
    arguments.only(&["client"])?;
    let members = world().await?.store.members(&client(arguments)?).await.map_err(|e| e.to_string())?;
    let shown = |m: &Member| json!({"id": m.person.as_str(), "email": m.address.as_str(), "name": m.name, "roles": m.roles, "joined_at": m.joined_at.map(|at| at.to_string())});
    Ok(members.iter().map(shown).collect())
}

fn roles(arguments: &Arguments) -> Result<Vec<Role>, String> {
    let role = |name: &str| serde_json::from_value(name.into()).map_err(|_| format!("there is no role {name}"));
    arguments.optional("roles").unwrap_or("admin").split(',').map(role).collect()
}

/// `secret add`.
pub(crate) async fn add_secret(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "label", "roles"])?;
    let client = client(arguments)?;
    let roles = roles(arguments)?;
    let World { store, now, .. } = world().await?;
    if store.organisation(&client).await.map_err(|e| e.to_string())?.is_none() {
        return Err("there is no such organisation".into());
    }
    let (secret, stored) = new_secret(chance::bytes(), arguments.required("label")?, roles, now);
    store.add_secret(&client, &stored, None).await.map_err(|e| e.to_string())?;
    Ok(json!({"client_id": client.as_str(), "client_secret": secret, "secret_id": stored.id}))
}

/// `secret list`.
pub(crate) async fn list_secrets(arguments: &Arguments) -> Answer {
    arguments.only(&["client"])?;
    let secrets = world().await?.store.secrets(&client(arguments)?).await.map_err(|e| e.to_string())?;
    let shown = |s: &store::StoredSecret| json!({"id": s.id, "label": s.label, "roles": s.roles, "created_at": s.created_at.to_string()});
    Ok(json!({"secrets": secrets.iter().map(shown).collect::<Vec<_>>()}))
}

/// `secret remove`.
pub(crate) async fn remove_secret(arguments: &Arguments) -> Answer {
    arguments.only(&["client", "id"])?;
    let id = arguments.required("id")?;
    match world().await?.store.remove_secret(&client(arguments)?, id).await {
        Ok(()) => Ok(json!({"removed": id})),
        Err(StoreError::Conflict) => Err("there is no such secret".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// `keys sync`.
pub(crate) async fn sync_keys(arguments: &Arguments) -> Answer {
    arguments.only(&[])?;
    let world = world().await?;
    let mut keys = Vec::new();
    for variable in KEY_VARIABLES {
        if let Some(arn) = config::optional(variable) {
            keys.push(register(&world, &arn, DEFAULT_SCOPE).await?);
        }
    }
    if keys.is_empty() {
        return Err(format!("none of {} is set", KEY_VARIABLES.join(", ")));
    }
    Ok(json!({"keys": keys}))
}

/// `keys add`.
pub(crate) async fn add_key(arguments: &Arguments) -> Answer {
    arguments.only(&["arn", "scope"])?;
    register(&world().await?, arguments.required("arn")?, arguments.optional("scope").unwrap_or(DEFAULT_SCOPE)).await
}

/// `keys create`: rotation begins here. The new key is like the old one in everything that decides who may use it.
pub(crate) async fn create_key(arguments: &Arguments) -> Answer {
    arguments.only(&["like", "scope"])?;
    let like = arguments.required("like")?;
    let world = world().await?;
    let created = world.signer.create_like(like).await.map_err(|e| e.to_string())?;
    register(&world, &created, arguments.optional("scope").unwrap_or(DEFAULT_SCOPE)).await
}

/// A new key like the one at `--like`, or else at the ARN in `variable`; its ARN.
pub(crate) async fn create_like(arguments: &Arguments, variable: &str) -> Result<String, String> {
    arguments.only(&["like"])?;
    let like = arguments.optional("like").map(str::to_owned).or_else(|| config::optional(variable));
    let like = like.ok_or_else(|| format!("--like is needed, or {variable}"))?;
    world().await?.signer.create_like(&like).await.map_err(|error| error.to_string())
}

/// `token new-key`.
pub(crate) async fn new_token_key(arguments: &Arguments) -> Answer {
    let arn = create_like(arguments, "TOKEN_KEY_ARN").await?;
    Ok(json!({"arn": arn, "next": "deploy AcceptedTokenKey=ARN, then SigningTokenKey=ARN; see docs/operations.md"}))
}

async fn register(world: &World, arn: &str, scope: &str) -> Answer {
    let public: PublicKey = world.signer.public_key(arn).await.map_err(|e| e.to_string())?;
    let purpose = KeyPurpose::of(&public).ok_or_else(|| format!("{arn} is of a kind that signs no credentials"))?;
    let key = SigningKey {
        kid: public.jwk_thumbprint(),
        scope: scope.to_owned(),
        purpose,
        arn: arn.to_owned(),
        public,
        state: KeyState::Active,
        created_at: world.now,
    };
    match world.store.add_signing_key(&key).await {
        Ok(()) => Ok(shown(&key, "registered")),
        Err(StoreError::Conflict) => Ok(shown(&key, "known already")),
        Err(error) => Err(error.to_string()),
    }
}

fn shown(key: &SigningKey, note: &str) -> Value {
    json!({"kid": key.kid, "scope": key.scope, "purpose": key.purpose, "arn": key.arn, "note": note})
}

/// `keys list`.
pub(crate) async fn list_keys(arguments: &Arguments) -> Answer {
    arguments.only(&["scope"])?;
    let keys = world().await?.store.signing_keys(arguments.optional("scope").unwrap_or(DEFAULT_SCOPE)).await;
    Ok(json!({"keys": keys.map_err(|e| e.to_string())?}))
}

/// `keys retire`.
pub(crate) async fn retire_key(arguments: &Arguments) -> Answer {
    change_key(arguments, |since| KeyState::Retired { since }).await
}

/// `keys compromised`.
pub(crate) async fn key_compromised(arguments: &Arguments) -> Answer {
    change_key(arguments, |since| KeyState::Compromised { since }).await
}

async fn change_key(arguments: &Arguments, state: impl Fn(Timestamp) -> KeyState) -> Answer {
    arguments.only(&["kid", "scope"])?;
    let World { store, now, .. } = world().await?;
    let (scope, kid) = (arguments.optional("scope").unwrap_or(DEFAULT_SCOPE), arguments.required("kid")?);
    let keys = store.signing_keys(scope).await.map_err(|e| e.to_string())?;
    let mut key = keys.into_iter().find(|key| key.kid == kid).ok_or("there is no such key in this scope")?;
    key.state = state(now);
    store.update_signing_key(&key).await.map_err(|e| e.to_string())?;
    Ok(json!({"key": key}))
}

/// The queues by name, and the variables that say where each and its dead-letter queue are.
const QUEUES: [(&str, &str, &str); 8] = [
    ("export", "EXPORT_QUEUE_URL", "EXPORT_DEAD_LETTERS_URL"),
    ("signing", "SIGNING_QUEUE_URL", "SIGNING_DEAD_LETTERS_URL"),
    ("mail", "MAIL_QUEUE_URL", "MAIL_DEAD_LETTERS_URL"),
    ("mail-prompt", "MAIL_PROMPT_QUEUE_URL", "MAIL_PROMPT_DEAD_LETTERS_URL"),
    ("mail-feedback", "MAIL_FEEDBACK_QUEUE_URL", "MAIL_FEEDBACK_DEAD_LETTERS_URL"),
    ("webhook", "WEBHOOK_QUEUE_URL", "WEBHOOK_DEAD_LETTERS_URL"),
    ("evidence", "EVIDENCE_QUEUE_URL", "EVIDENCE_DEAD_LETTERS_URL"),
    ("application", "APPLICATION_QUEUE_URL", "APPLICATION_DEAD_LETTERS_URL"),
];

async fn watch(url: &'static str, dead_url: &'static str) -> Result<Watch, String> {
    let aws = config::bounded().load().await;
    let required = |name| config::required(name).map_err(|error| error.to_string());
    Ok(Watch::new(&aws, required(url)?, required(dead_url)?))
}

/// `queues show`.
pub(crate) async fn show_queues(arguments: &Arguments) -> Answer {
    arguments.only(&[])?;
    let mut answer = json!({});
    for (name, url, dead_url) in QUEUES {
        let load = watch(url, dead_url).await?.load().await.map_err(|error| error.to_string())?;
        answer[name] = json!(load);
    }
    Ok(answer)
}

/// Credentials that `store check` verifies when it is not told how many.
const VERIFIED: usize = 1_000;

/// `store check`.
pub(crate) async fn check_store(arguments: &Arguments) -> Answer {
    arguments.only(&["verify"])?;
    let verified = match arguments.optional("verify") {
        None => VERIFIED,
        Some("all") => usize::MAX,
        Some(number) => number.parse().map_err(|_| "--verify is a number or all")?,
    };
    let World { store, now, .. } = world().await?;
    let evidence = store.in_bucket(config::required("EVIDENCE_BUCKET_NAME").map_err(|error| error.to_string())?);
    let queues = show_queues(&Arguments::default()).await?;
    let is_busy =
        |queue: &str| ["waiting", "in_flight", "dead"].iter().any(|kind| queues[queue][kind].as_u64() > Some(0));
    let busy = Busy { signing: is_busy("signing"), mail: is_busy("mail") || is_busy("mail-prompt") };
    let report = store.check(&evidence, now, busy, verified).await.map_err(|error| error.to_string())?;
    Ok(json!({"counts": report.counts, "queues": queues, "violations": report.violations}))
}

/// `store restore`.
pub(crate) async fn restore_store(arguments: &Arguments) -> Answer {
    arguments.only(&["from", "partition", "apply", "overwrite"])?;
    let from = arguments.required("from")?.to_owned();
    let which = arguments.optional("partition").map_or(Which::All, Which::Partition);
    let (write, overwrite) = (yes(arguments, "apply")?, yes(arguments, "overwrite")?);
    // Of the whole table that would undo whatever happened since: revocations, decisions, answers.
    if overwrite && which == Which::All {
        return Err("--overwrite needs --partition".into());
    }
    let World { store, now, .. } = world().await?;
    if config::required("TABLE_NAME").is_ok_and(|name| name == from) {
        return Err("--from is the table in use".into());
    }
    let found = store.put_back(&store.in_table(from), which, write, overwrite, now).await;
    let found = found.map_err(|error| error.to_string())?;
    let mut answer = json!(found);
    if !write {
        answer["note"] = "nothing was written; add --apply yes".into();
    }
    Ok(answer)
}

/// Whether an option says yes; nothing is no.
fn yes(arguments: &Arguments, name: &str) -> Result<bool, String> {
    match arguments.optional(name) {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(_) => Err(format!("--{name} is yes or no")),
    }
}

/// `queues redrive`.
pub(crate) async fn redrive_queue(arguments: &Arguments) -> Answer {
    arguments.only(&["queue"])?;
    let wanted = arguments.required("queue")?;
    let names = || QUEUES.map(|(name, ..)| name).join(", ");
    let found = QUEUES.into_iter().find(|(name, ..)| *name == wanted);
    let (name, url, dead_url) = found.ok_or_else(|| format!("--queue is one of {}", names()))?;
    let watch = watch(url, dead_url).await?;
    let before = watch.load().await.map_err(|error| error.to_string())?;
    if before.dead > 0 {
        watch.redrive().await.map_err(|error| error.to_string())?;
    }
    Ok(json!({"queue": name, "sent_back": before.dead}))
}
