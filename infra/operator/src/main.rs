//! What the operator of a deployment does from a shell: organisations, API secrets, signing keys, queues.
//!
//! It works on the deployment's table with the operator's own AWS credentials. `operator help` lists the commands. Answers are JSON on
//! standard output, so that scripts can read them; a secret is shown once, here, and kept nowhere.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on its standard streams")]

mod arguments;
mod commands;
mod seal;

use arguments::Arguments;
use std::process::ExitCode;

const HELP: &str = "\
Usage: operator COMMAND [--option VALUE …]

  org create --name N --url U --email E [--description D] [--country CC] [--vc-jwt none|ES256|RS256]
             [--sign at_issue|on_claim] [--id ID] [--key-scope default|own]    a new organisation with its first API secret (role admin)
  org show --client ID                              an organisation
  org plan --client ID --plan basic|premium|pro|default
                                                    which plan it has; what is beyond a smaller one stays, and nothing is added
  org export --client ID --file FILE                everything it owns, in one zip; waits until that is made
  org change --client ID [--name N] [--url U] [--email E] [--description D] [--country CC] [--sign at_issue|on_claim]
                                                    what is given changes, the rest stays, as does what is issued already
  org erase --client ID [--apply yes --name N]      what there is of an organisation's, rows and files; with --apply and its name everything
                                                    of it is taken away for ever, what it issued too
  person export --email E --file FILE               everything kept of an address, in all organisations, as JSON
  person erase --email E [--apply yes]              what there is of an address, rows and files; with --apply it is taken away for ever: of their
                                                    credentials and applications nothing is left but that there were some
  member add --client ID --email E [--name N] [--roles admin,creator,issuer,reviewer]
                                                    somebody who may sign in to the console; what they may do is as given now
  member list --client ID                           members of an organisation
  secret add --client ID --label L [--roles admin,creator,issuer,reviewer]
                                                    one more API secret; the old ones go on working
  secret list --client ID                           an organisation's API secrets, by id and label
  secret remove --client ID --id SECRET_ID          takes one back; its tokens end within an hour
  keys sync                                         registers the deployment's own keys, named by CREDENTIAL_KEY_ARN,
                                                    CREDENTIAL_JWT_KEY_ARN and CREDENTIAL_RSA_KEY_ARN; harmless to repeat
  keys add --arn ARN [--scope default|CLIENT]       registers one more KMS key; from now on it signs
  keys create --like ARN [--scope default|CLIENT]   a new KMS key of the same kind, policy and tags, registered: from now on it signs
  keys list [--scope default|CLIENT]                all keys of a scope
  keys retire --kid KID [--scope …]                 signs no more; its signatures go on holding
  keys compromised --kid KID [--scope …]            its signatures hold no more
  seal create --name N [--organization O] [--country CC] [--arn ARN]
                                                    a certificate for the key that seals PDF badges, signed by itself: from now on it seals
  seal request --name N --out FILE [--organization O] [--country CC] [--arn ARN]
                                                    a request (PKCS#10) for a certificate of that key from a certification authority
  seal add --certificate FILE --name N [--arn ARN]  registers the authority's answer (PEM or DER): from now on it seals
  seal new-key [--like ARN]                         a new KMS key like the one that seals now; it needs a certificate
  seal list                                         all seals with their fingerprints
  seal retire --fingerprint F                       seals no more; what it sealed stays genuine
  seal compromised --fingerprint F                  what it sealed is genuine no more
  token new-key [--like ARN]                        a new KMS key like the one that signs access tokens; deployments take it into use
  store check [--verify N|all]                      reads everything and changes nothing: what there is, what waits, and whatever does not
                                                    agree with the rest; verifies N credentials (1000). Fails when something is wrong
  store restore --from TABLE [--partition PK [--overwrite yes]] [--apply yes]
                                                    compares a restored copy of the table with the one in use, and with --apply puts back
                                                    what is missing. Where a partition is named: rights and waiting work too, and with
                                                    --overwrite what differs
  queues show                                       how much waits, is worked on, and failed too often
  queues redrive --queue signing|mail|mail-prompt|mail-feedback|webhook|evidence|application|export
                                                    sends what failed too often back into its queue

Environment: the stack's outputs in upper case (TABLE_NAME, BUCKET_NAME, SIGNING_QUEUE_URL, …), PUBLIC_BASE_URL, AWS_REGION and AWS credentials (AWS_ENDPOINT_URL for a local stack).
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command: Vec<String> = words.by_ref().take(2).collect();
    let arguments = Arguments::read(words);
    let answer = match (command.first().map(String::as_str), command.get(1).map(String::as_str), arguments) {
        (None | Some("help" | "--help" | "-h"), ..) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        (_, _, Err(error)) => Err(error),
        (Some("org"), Some("create"), Ok(arguments)) => commands::create_organisation(&arguments).await,
        (Some("org"), Some("show"), Ok(arguments)) => commands::show_organisation(&arguments).await,
        (Some("org"), Some("export"), Ok(arguments)) => commands::export(&arguments).await,
        (Some("org"), Some("plan"), Ok(arguments)) => commands::set_plan(&arguments).await,
        (Some("org"), Some("change"), Ok(arguments)) => commands::change_organisation(&arguments).await,
        (Some("org"), Some("erase"), Ok(arguments)) => commands::erase_organisation(&arguments).await,
        (Some("person"), Some("export"), Ok(arguments)) => commands::export_person(&arguments).await,
        (Some("person"), Some("erase"), Ok(arguments)) => commands::erase_person(&arguments).await,
        (Some("member"), Some("add"), Ok(arguments)) => commands::add_member(&arguments).await,
        (Some("member"), Some("list"), Ok(arguments)) => commands::list_members(&arguments).await,
        (Some("secret"), Some("add"), Ok(arguments)) => commands::add_secret(&arguments).await,
        (Some("secret"), Some("list"), Ok(arguments)) => commands::list_secrets(&arguments).await,
        (Some("secret"), Some("remove"), Ok(arguments)) => commands::remove_secret(&arguments).await,
        (Some("keys"), Some("sync"), Ok(arguments)) => commands::sync_keys(&arguments).await,
        (Some("keys"), Some("add"), Ok(arguments)) => commands::add_key(&arguments).await,
        (Some("keys"), Some("create"), Ok(arguments)) => commands::create_key(&arguments).await,
        (Some("keys"), Some("list"), Ok(arguments)) => commands::list_keys(&arguments).await,
        (Some("keys"), Some("retire"), Ok(arguments)) => commands::retire_key(&arguments).await,
        (Some("keys"), Some("compromised"), Ok(arguments)) => commands::key_compromised(&arguments).await,
        (Some("seal"), Some("create"), Ok(arguments)) => seal::create(&arguments).await,
        (Some("seal"), Some("request"), Ok(arguments)) => seal::request(&arguments).await,
        (Some("seal"), Some("add"), Ok(arguments)) => seal::add(&arguments).await,
        (Some("seal"), Some("new-key"), Ok(arguments)) => seal::new_key(&arguments).await,
        (Some("seal"), Some("list"), Ok(arguments)) => seal::list(&arguments).await,
        (Some("seal"), Some("retire"), Ok(arguments)) => seal::retire(&arguments).await,
        (Some("seal"), Some("compromised"), Ok(arguments)) => seal::compromised(&arguments).await,
        (Some("token"), Some("new-key"), Ok(arguments)) => commands::new_token_key(&arguments).await,
        (Some("store"), Some("check"), Ok(arguments)) => commands::check_store(&arguments).await,
        (Some("store"), Some("restore"), Ok(arguments)) => commands::restore_store(&arguments).await,
        (Some("queues"), Some("show"), Ok(arguments)) => commands::show_queues(&arguments).await,
        (Some("queues"), Some("redrive"), Ok(arguments)) => commands::redrive_queue(&arguments).await,
        _ => Err("unknown command; see `operator help`".into()),
    };
    match answer {
        Ok(answer) => {
            println!("{}", serde_json::to_string_pretty(&answer).unwrap_or_default());
            let wrong = answer["violations"].as_array().is_some_and(|violations| !violations.is_empty());
            if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("operator: {error}");
            ExitCode::FAILURE
        }
    }
}
