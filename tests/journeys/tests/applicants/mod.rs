//! What the journeys of applications share: a form of each kind, and somebody who fills it in.
//!
//! What a mail says cannot be read here as it is read by its recipient: its code and its links are made again by the library that makes
//! them, from the form's own record.

#![allow(dead_code, unreachable_pub, reason = "no journey needs all of it")]

use application::abuse;
use application::link::Opens;
use application::{Application, Form};
use jiff::Timestamp;
use journeys::{Issuer, Reply, dynamo, eventually, picture, request, variable};
use serde_json::{Value, json};

/// What a record of the table holds.
pub fn document(pk: &str, sk: &str) -> Value {
    let key = json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let asked = json!({"TableName": variable("TABLE_NAME"), "Key": key, "ConsistentRead": true});
    let answer = dynamo("GetItem", &asked);
    serde_json::from_str(answer["Item"]["doc"]["S"].as_str().unwrap()).unwrap()
}

/// An organisation with a badge.
pub struct Office {
    pub issuer: Issuer,
    pub badge: String,
}

impl Office {
    pub fn new(name: &str) -> Self {
        let issuer = Issuer::new(name, &[]);
        let badge = issuer.create_badge(&picture());
        Self { issuer, badge }
    }

    /// The body of a form with this method of approval.
    pub fn body(&self, approval: &Value) -> Value {
        json!({
            "badge_id": self.badge, "primary_language": "ja",
            "title": {"ja": "修了申請", "en": "Completion"}, "instructions": "書いてください。", "reviewer_instructions": "よく見てください。",
            "fields": [
                {"id": "why", "type": "paragraph", "label": {"ja": "理由", "en": "Why"}, "required": true},
                {"id": "course", "type": "radio", "label": "コース", "required": true, "options": [{"value": "a"}, {"value": "b"}]}
            ],
            "per_person": 0, "approval": approval
        })
    }

    pub fn form(&self, approval: &Value) -> Page {
        self.form_of(&self.body(approval))
    }

    pub fn form_of(&self, body: &Value) -> Page {
        let made = self.issuer.call("POST", "/v2/form/{client}", &[], body).expect(200).json();
        Page { form: made["resource_id"].as_str().unwrap().to_owned() }
    }

    /// An application as staff see it.
    pub fn application(&self, id: &str) -> Value {
        self.issuer.call("GET", &format!("/v2/application/{{client}}/{id}"), &[], &Value::Null).expect(200).json()
    }

    pub fn decide(&self, id: &str, body: &Value) -> Reply {
        self.issuer.call("POST", &format!("/v2/application/{{client}}/{id}/decision"), &[], body)
    }

    /// How many applications are issued, once none waits for its badge any more.
    pub fn issued(&self, form: &str) -> usize {
        eventually("no approved application waits for its badge", || self.count(form, "approved") == 0);
        self.count(form, "issued")
    }

    /// How many applications are in a state.
    pub fn count(&self, form: &str, state: &str) -> usize {
        let path = format!("/v2/application/{{client}}?form_id={form}&state={state}");
        let list = self.issuer.call("GET", &path, &[], &Value::Null).expect(200).json();
        usize::try_from(list["total"].as_u64().unwrap()).unwrap()
    }
}

/// A public form.
#[derive(Clone)]
pub struct Page {
    pub form: String,
}

pub const JSON: [(&str, &str); 2] = [("content-type", "application/json"), ("accept-language", "ja")];

pub fn post(path: &str, body: &Value) -> Reply {
    request("POST", path, &JSON, body.to_string().as_bytes())
}

impl Page {
    pub fn stored(&self) -> Form {
        serde_json::from_value(document(&format!("FORM#{}", self.form), "HEAD")).unwrap()
    }

    pub fn show(&self) -> Value {
        request("GET", &format!("/apply/{}", self.form), &JSON, b"").expect(200).json()
    }

    /// A body with the work done that a form asks for.
    pub fn worked(&self, mut body: Value) -> Value {
        let asked = post(&format!("/apply/{}/challenge", self.form), &json!({})).expect(200).json();
        let challenge = asked["challenge"].as_str().unwrap();
        body["solution"] = abuse::solve(challenge).into();
        body["challenge"] = challenge.into();
        body
    }

    pub fn begin(&self, body: Value) -> Reply {
        post(&format!("/apply/{}/applications", self.form), &self.worked(body))
    }

    /// Hands in an application that is complete, and proves the address with the code out of the mail.
    pub fn hand_in(&self, body: Value) -> Mine {
        let mine = self.submit(body);
        mine.prove().expect(200);
        mine
    }

    /// The same, not yet proved.
    pub fn submit(&self, mut body: Value) -> Mine {
        body["submit"] = true.into();
        let begun = self.begin(body).expect(201).json();
        assert_eq!(begun["state"], "unproven");
        Mine {
            page: self.clone(),
            id: begun["id"].as_str().unwrap().to_owned(),
            url: begun["url"].as_str().unwrap().to_owned(),
        }
    }
}

/// Somebody's answers.
pub fn answers(email: &str) -> Value {
    json!({"name": "花子", "email": email, "answers": {"why": "学びました", "course": "b"}})
}

/// An application of one's own.
#[derive(Clone)]
pub struct Mine {
    pub page: Page,
    pub id: String,
    pub url: String,
}

impl Mine {
    pub fn stored(&self) -> Application {
        serde_json::from_value(document(&format!("APPLICATION#{}", self.id), "HEAD")).unwrap()
    }

    pub fn look(&self) -> Value {
        request("GET", &self.url, &JSON, b"").expect(200).json()
    }

    pub fn state(&self) -> String {
        self.look()["state"].as_str().unwrap().to_owned()
    }

    /// Whether it is approved; its badge may be issued since.
    pub fn is_approved(&self) -> bool {
        matches!(self.state().as_str(), "approved" | "issued")
    }

    pub fn post(&self, action: &str, body: &Value) -> Reply {
        post(&format!("{}/{action}", self.url), body)
    }

    pub fn put(&self, body: &Value) -> Reply {
        request("PUT", &self.url, &JSON, body.to_string().as_bytes())
    }

    /// The code out of the latest mail.
    pub fn code(&self) -> String {
        let application = self.stored();
        self.page.stored().proof_code(&application, application.proof.unwrap().round)
    }

    pub fn prove(&self) -> Reply {
        self.post("prove", &json!({"code": self.code()}))
    }

    /// A link out of a mail to somebody, made at `at`.
    pub fn link(&self, opens: &Opens, at: Timestamp) -> String {
        let link = self.page.stored().link(&self.stored(), opens, at);
        format!("/apply/{}/applications/{link}", self.page.form)
    }

    pub fn reviewer(&self, id: &str) -> String {
        self.link(&Opens::Reviewer(id.parse().unwrap()), now())
    }
}

#[expect(clippy::disallowed_methods, reason = "the stack's clock is the machine's")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Pointers and codes of the fields that were refused.
pub fn refused(reply: &Reply) -> Vec<(String, String)> {
    let body = reply.json();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

pub fn pair(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}
