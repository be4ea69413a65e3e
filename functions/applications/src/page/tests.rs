//! What pages show, and what they must not.

use super::fields::Filled;
use super::shell::Look;
use super::{evidence, form, poster, review, sample, status};
use crate::published::{File, Open, Published};
use application::Form;
use application::application::{Actor, Edits, Vote};
use badge::Lang;
use badge::input::{FieldError, Reason};
use edge::{Answer, Kind, Problem, Request};
use lambda_http::Body;
use serde_json::{Value, json};

/// A page and the headers it comes with.
struct Page {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

fn page(answer: Answer) -> Page {
    let response = answer.finish(&Request::test(http::Method::GET, "/", &[]));
    let (parts, body) = response.into_parts();
    let Body::Text(text) = body else { panic!("no page") };
    Page { status: parts.status.as_u16(), headers: parts.headers, text }
}

fn look(lang: Lang, query: &str) -> Look {
    let request = Request::test(http::Method::GET, &format!("/apply/x{query}"), &[("accept-language", lang.tag())]);
    Look::of(&request, Lang::Ja)
}

fn begin(
    lang: Lang,
    query: &str,
    form: &Form,
    filled: &Filled,
    problem: Option<&Problem>,
    at: &str,
    is_full: bool,
) -> Page {
    let (urls, badge) = (sample::urls(), sample::badge());
    let shown = form::Shown {
        urls: &urls,
        form,
        badge: Some(&badge),
        look: look(lang, query),
        now: at.parse().unwrap(),
        is_full,
        challenge: "c.18.n.t",
    };
    page(form::show(problem.map_or(200, |p| p.kind().status()), &shown, filled, problem))
}

fn open(lang: Lang, form: &Form) -> Page {
    begin(lang, "", form, &Filled::default(), None, "2026-06-15T03:00:00Z", false)
}

fn errors() -> Problem {
    let error = |pointer: &str, reason| FieldError { pointer: pointer.into(), reason };
    Problem::fields(vec![
        error("/email", Reason::NotEmail),
        error("/answers/why", Reason::Missing),
        error("/answers/course", Reason::Missing),
        error("/answers/topics/1", Reason::Duplicate),
    ])
}

fn own(lang: Lang, application: application::Application, form: &Form, problem: Option<&Problem>) -> Page {
    let (urls, badge, files) = (sample::urls(), sample::badge(), sample::files());
    let subject = sample::subject(application, form);
    let shown = status::Shown {
        urls: &urls,
        subject: &subject,
        badge: Some(&badge),
        look: look(lang, ""),
        link: "LINK",
        answered: form,
        files: &files,
        bucket: Some("https://evidence.s3.example/"),
        peer_url: None,
        is_saved: false,
    };
    page(status::show(200, &shown, None, problem))
}

fn reviewers(
    lang: Lang,
    application: application::Application,
    form: &Form,
    who: review::Who,
    votes: &[&Vote],
    typed: &Value,
    problem: Option<&Problem>,
) -> Page {
    let subject = sample::subject(application, form);
    let files = sample::files();
    let first = subject.application.submission.clone().unwrap();
    let mut second = first.clone();
    second.number = 2;
    second.answers = serde_json::from_value(
        json!({"why": {"text": "緯糸の選び方も学びました。"}, "course": {"text": "b"}, "file": {"files": ["f1"]}}),
    )
    .unwrap();
    let again = subject.application.revision > 90;
    let shown = review::Shown {
        subject: &subject,
        look: look(lang, ""),
        link: "LINK",
        who,
        latest: Some(review::Version { submission: if again { &second } else { &first }, form }),
        before: again.then_some(review::Version { submission: &first, form }),
        files: &files,
        votes,
        is_unreachable: again,
        typed,
        errors: problem.map(Problem::field_errors).unwrap_or_default(),
    };
    page(review::show(200, &shown, problem))
}

/// Evidence that everybody may see, a file of which is gone.
fn published(form: &Form) -> Published {
    let event = badge::EventId::from_random([6; 10]);
    Published::Open(Box::new(Open {
        subject: sample::subject(sample::submitted(form), form),
        answered: form.clone(),
        credential: badge::CredentialId::new(&event, [1; 10]),
        files: vec![File {
            name: "手織りの布 <1>.jpg".into(),
            media: ::evidence::MediaType::Jpeg,
            size_bytes: 3_456_789,
            path: "/apply/x/evidence/y/z".into(),
        }],
        gone: 1,
    }))
}

const DECIDER: review::Who = review::Who::Reviewer { may_vote: false, may_decide: true };

/// Every page in every state, by name, for `lang`.
fn gallery(lang: Lang) -> Vec<(&'static str, Page)> {
    let form = sample::form(&sample::review());
    let code = sample::form(&sample::claim_code());
    let quiz = sample::form(&sample::quiz());
    let submitted = || sample::submitted(&form);
    let staff = || Actor::Staff("k".into());
    let typed = Filled::of_body(
        &json!({"name": "花子", "email": "hana@", "answers": {"topics": ["x", "x"], "why": "", "word": "K-12"}}),
    );
    let jury = sample::form(&json!({"method": "jury", "issue_votes": 2, "reject_votes": 2, "jurors": [
        {"id": "r1", "name": "織田", "email": "a@b.example", "access": "outside"}, {"id": "r2", "name": "山本", "email": "c@b.example", "access": "outside"},
        {"id": "r3", "name": "森", "email": "d@b.example", "access": "outside"}]}));
    let vote = Vote {
        by: "r1".parse().unwrap(),
        submission: 1,
        choice: application::application::Choice::Issue,
        comment: "よくできています。".into(),
        at: sample::now(),
    };
    let mut again = submitted();
    again.revision = 99;
    let urls = sample::urls();
    let returned = || {
        submitted()
            .send_back(
                &form.definition,
                staff(),
                "写真をもう少し明るくしてください。\nよろしくお願いします。",
                sample::now(),
            )
            .unwrap()
            .application
    };
    let wrong_code = Problem::fields(vec![FieldError { pointer: "/code".into(), reason: Reason::WrongCode }]);
    let approve_errors = Problem::fields(vec![
        FieldError { pointer: "/expires_on".into(), reason: Reason::NotDate },
        FieldError { pointer: "/email_message/subject".into(), reason: Reason::TooLong { max: 255 } },
    ]);
    let no_comment = Problem::fields(vec![FieldError { pointer: "/comment".into(), reason: Reason::Missing }]);
    vec![
        ("form", open(lang, &form)),
        ("form-errors", begin(lang, "", &form, &typed, Some(&errors()), "2026-06-15T03:00:00Z", false)),
        ("form-code", open(lang, &code)),
        ("form-quiz", open(lang, &quiz)),
        ("form-embedded", begin(lang, "?embed=1", &form, &Filled::default(), None, "2026-06-15T03:00:00Z", false)),
        ("form-early", begin(lang, "", &form, &Filled::default(), None, "2026-05-15T03:00:00Z", false)),
        ("form-late", begin(lang, "", &form, &Filled::default(), None, "2026-07-15T03:00:00Z", false)),
        ("form-full", begin(lang, "", &form, &Filled::default(), None, "2026-06-15T03:00:00Z", true)),
        ("draft", own(lang, sample::draft(&form), &form, None)),
        ("unproven", own(lang, sample::unproven(&form), &form, None)),
        ("unproven-wrong", own(lang, sample::unproven(&form), &form, Some(&wrong_code))),
        ("submitted", own(lang, submitted(), &form, None)),
        ("submitted-conflict", own(lang, submitted(), &form, Some(&Problem::new(Kind::Conflict)))),
        ("quiz-missed", own(lang, sample::submitted(&quiz), &quiz, None)),
        ("returned", own(lang, returned(), &form, None)),
        (
            "approved",
            own(
                lang,
                submitted().approve(&form.definition, staff(), Edits::default(), sample::now()).unwrap().application,
                &form,
                None,
            ),
        ),
        (
            "rejected",
            own(
                lang,
                submitted()
                    .reject(&form.definition, staff(), "条件を満たしていません。", true, sample::now())
                    .unwrap()
                    .application,
                &form,
                None,
            ),
        ),
        (
            "withdrawn",
            own(lang, submitted().withdraw(Actor::Applicant, sample::now()).unwrap().application, &form, None),
        ),
        ("prove", page(status::prove(look(lang, ""), &sample::subject(sample::unproven(&form), &form), "LINK"))),
        ("review", reviewers(lang, submitted(), &form, DECIDER, &[], &Value::Null, None)),
        (
            "review-errors",
            reviewers(lang, submitted(), &form, DECIDER, &[], &json!({"decision": "return"}), Some(&no_comment)),
        ),
        (
            "approve-errors",
            reviewers(
                lang,
                submitted(),
                &form,
                DECIDER,
                &[],
                &json!({"decision": "approve", "email_subject": "Very long"}),
                Some(&approve_errors),
            ),
        ),
        ("review-again", reviewers(lang, again, &form, DECIDER, &[], &Value::Null, None)),
        (
            "review-jury",
            reviewers(
                lang,
                sample::submitted(&jury),
                &jury,
                review::Who::Reviewer { may_vote: true, may_decide: false },
                &[&vote],
                &Value::Null,
                None,
            ),
        ),
        ("review-quiz", reviewers(lang, sample::submitted(&quiz), &quiz, DECIDER, &[], &Value::Null, None)),
        ("peer", reviewers(lang, submitted(), &form, review::Who::Peer, &[], &Value::Null, None)),
        ("poster", page(poster::poster(&urls, &form, Some(&sample::badge()), look(lang, "")).unwrap())),
        ("evidence", page(evidence::show(&urls, look(lang, ""), &published(&form), Some(&sample::badge())))),
        ("evidence-closed", page(evidence::show(&urls, look(lang, ""), &Published::Closed, None))),
        ("refused", page(super::shell::refused(look(lang, ""), &Problem::new(Kind::NotFound)))),
    ]
}

fn get(pages: &[(&'static str, Page)], name: &str) -> String {
    pages.iter().find(|(known, _)| *known == name).map(|(_, page)| page.text.clone()).unwrap()
}

/// Writes every page into target/pages, where the browser tests look at them.
#[test]
#[ignore = "writes every page to target/pages, for the browser tests"]
fn gallery_for_browsers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for lang in [Lang::En, Lang::Ja] {
        for (name, page) in gallery(lang) {
            std::fs::write(folder.join(format!("{name}.{}.html", lang.tag())), page.text).unwrap();
        }
    }
    for asset in [super::assets::style(), super::assets::script()] {
        std::fs::write(folder.join(&asset.path()[1..]), asset.text()).unwrap();
    }
}

#[test]
fn nothing_that_applicants_may_not_know_is_on_their_pages_and_no_text_becomes_markup() {
    for lang in [Lang::En, Lang::Ja] {
        for (name, page) in gallery(lang) {
            assert!(!page.text.contains("<b>") && !page.text.contains("<script>"), "{name}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{}\">", lang.tag())), "{name}");
            if !name.starts_with("review") && name != "approve-errors" {
                assert!(!page.text.contains("SECRET"), "{name}: {}", page.text);
            }
            if name.starts_with("review") || name == "peer" {
                assert!(!page.text.contains("hana@learners"), "{name}: reviewers see no addresses");
            }
            // Nothing is styled or run within the page, and nothing comes from elsewhere.
            for bad in [" style=", " onclick=", "src=\"http", "href=\"//"] {
                let elsewhere = page.text.replace("src=\"https://badges.example/", "src=\"/");
                assert!(!elsewhere.contains(bad), "{bad} in {name}");
            }
        }
    }
}

#[test]
fn a_form_asks_what_it_asks_in_both_languages() {
    let form = sample::form(&sample::review());
    for (lang, expected) in [
        (
            Lang::En,
            [
                "What did you learn?",
                "Be specific.",
                "Kyoto",
                "Plain weave",
                "Date of completion",
                "30 June 2026",
                "A red seal",
            ],
        ),
        (Lang::Ja, ["学んだこと", "具体的に書いてください。", "京都", "平織", "修了日", "2026年7月1日", "赤い印章"]),
    ] {
        let page = open(lang, &form);
        for text in expected.into_iter().filter(|text| *text != "30 June 2026") {
            assert!(page.text.contains(text), "{text} in {}", page.text);
        }
        assert!(page.text.contains("(Asia/Tokyo)"));
        assert!(
            page.text.contains("name=\"website\" value=\"\" tabindex=\"-1\"")
                && page.text.contains("name=\"challenge\" value=\"c.18.n.t\"")
        );
    }
    assert!(open(Lang::En, &sample::form(&sample::claim_code())).text.contains("name=\"code\""));
    assert!(!open(Lang::En, &form).text.contains("name=\"code\""));
}

#[test]
fn a_form_that_takes_nothing_says_so_and_when() {
    let pages = gallery(Lang::En);
    assert!(
        get(&pages, "form-early").contains("Not open yet") && get(&pages, "form-early").contains("1 June 2026, 00:00")
    );
    assert!(
        get(&pages, "form-late").contains("This form is closed")
            && get(&pages, "form-late").contains("1 July 2026, 00:00")
    );
    assert!(get(&pages, "form-full").contains("All places are taken"));
    for name in ["form-early", "form-late", "form-full"] {
        assert!(!get(&pages, name).contains("<form"), "{name}");
    }
}

#[test]
fn every_error_leads_to_its_field_and_nothing_typed_is_lost() {
    for (lang, text) in [(Lang::En, "What did you learn?: "), (Lang::Ja, "学んだこと: ")] {
        let pages = gallery(lang);
        let page = get(&pages, "form-errors");
        for (href, id) in [
            ("#f-email", "f-email"),
            ("#f-a-why", "f-a-why"),
            ("#f-a-course-0", "f-a-course-0"),
            ("#f-a-topics-0", "f-a-topics-0"),
        ] {
            assert!(page.contains(&format!("href=\"{href}\"")) && page.contains(&format!("id=\"{id}\"")), "{href}");
        }
        assert!(page.contains(text));
        assert!(
            page.contains("aria-describedby=\"h-f-email e-f-email\" aria-invalid=\"true\"")
                && page.contains("id=\"e-f-email\"")
        );
        assert!(
            page.contains("value=\"hana@\"") && page.contains("value=\"K-12\"") && page.contains("value=\"x\" checked")
        );
        assert!(!page.contains("value=\"y\" checked"));
    }
    assert_eq!(
        begin(
            Lang::En,
            "",
            &sample::form(&sample::review()),
            &Filled::default(),
            Some(&errors()),
            "2026-06-15T03:00:00Z",
            false
        )
        .status,
        400
    );
}

#[test]
fn only_the_sites_that_the_form_names_may_embed_it() {
    let form = sample::form(&sample::review());
    let policy = |page: &Page| page.headers["content-security-policy"].to_str().unwrap().to_owned();
    let plain = policy(&open(Lang::En, &form));
    assert!(
        plain.ends_with("frame-ancestors 'none'") && plain.contains("script-src 'self'") && !plain.contains("unsafe"),
        "{plain}"
    );
    let embedded = begin(Lang::En, "?embed=1", &form, &Filled::default(), None, "2026-06-15T03:00:00Z", false);
    assert!(policy(&embedded).ends_with("frame-ancestors https://www.example.org"));
    assert!(embedded.text.contains("/applications?embed=1\""), "the frame is kept from page to page");
    let mut none = sample::body(&sample::review());
    none["embed_origins"] = json!([]);
    let none =
        begin(Lang::En, "?embed=1", &sample::form_of(&none), &Filled::default(), None, "2026-06-15T03:00:00Z", false);
    assert!(policy(&none).ends_with("frame-ancestors 'none'"));
    let uploads = own(Lang::En, sample::draft(&form), &form, None);
    assert!(policy(&uploads).contains("connect-src 'self' https://evidence.s3.example/;"));
    assert_eq!(uploads.headers["referrer-policy"], "no-referrer");
    assert_eq!(uploads.headers["cache-control"], "no-store");
}

#[test]
fn an_applicant_sees_where_it_stands_and_what_to_do() {
    let pages = gallery(Lang::Ja);
    for (name, text) in [
        ("unproven", "メールアドレスの確認"),
        ("unproven-wrong", "コードが正しくありません。"),
        ("submitted", "申請を受け付けました"),
        ("returned", "写真をもう少し明るくしてください。"),
        ("returned", "再提出する"),
        ("rejected", "条件を満たしていません。"),
        ("approved", "承認されました"),
        ("withdrawn", "取り下げました"),
        ("quiz-missed", "合格点に届きませんでした"),
    ] {
        assert!(get(&pages, name).contains(text), "{name}: {text}");
    }
    // What cannot change any more cannot be typed into, and what is decided cannot be withdrawn.
    assert!(!get(&pages, "submitted").contains("name=\"a.why\"") && get(&pages, "submitted").contains("京都"));
    for name in ["approved", "rejected", "withdrawn"] {
        assert!(!get(&pages, name).contains("/withdraw"), "{name}");
    }
    // Files that were chosen stay chosen; another address is told to be confirmed anew.
    let returned = get(&pages, "returned");
    assert!(returned.contains("name=\"a.file\" value=\"f1\"") && returned.contains("新しいアドレスの確認が済むまで"));
    assert!(!get(&pages, "draft").contains("新しいアドレスの確認が済むまで"));
    assert!(get(&pages, "draft").contains("accept=\"application/pdf,"));
}

#[test]
fn reviewers_see_both_versions_and_only_what_they_may_do() {
    let pages = gallery(Lang::En);
    let plain = get(&pages, "review");
    assert!(
        plain.contains("SECRET-INSTRUCTIONS") && plain.contains("href=\"/apply/") && plain.contains("/evidence/f1\"")
    );
    assert!(!plain.contains("/evidence/f2\""), "what is not accepted cannot be had");
    for decision in ["approve", "return", "reject", "duplicate"] {
        assert!(plain.contains(&format!("name=\"decision\" value=\"{decision}\"")), "{decision}");
    }
    let again = get(&pages, "review-again");
    assert!(
        again.contains("経糸の張り方を学びました。")
            && again.contains("緯糸の選び方も学びました。")
            && again.contains("changed")
    );
    assert!(again.contains("A mail to the applicant came back") && !plain.contains("came back"));
    let jury = get(&pages, "review-jury");
    assert!(
        jury.contains("name=\"vote\" value=\"issue\"")
            && jury.contains("よくできています。")
            && !jury.contains("name=\"decision\"")
    );
    assert!(get(&pages, "review-quiz").contains("0 / 2") && get(&pages, "peer").contains("name=\"credential\""));
    for name in ["email_subject", "email_body", "expires_on", "criteria_add"] {
        assert!(plain.contains(&format!("name=\"{name}\"")), "{name}");
    }
}

#[test]
fn a_reviewers_complaint_stands_beside_its_field_and_leads_there() {
    let pages = gallery(Lang::En);
    let page = get(&pages, "review-errors");
    assert!(page.contains("<details class=\"act\" open><summary>Return"));
    assert!(page.contains("href=\"#f-comment\"") && page.contains("id=\"e-f-comment\""), "{page}");
    assert!(page.contains("aria-describedby=\"h-f-comment e-f-comment\" aria-invalid=\"true\""));
    let page = get(&pages, "approve-errors");
    for id in ["f-expires_on", "f-email_subject"] {
        assert!(page.contains(&format!("href=\"#{id}\"")) && page.contains(&format!("id=\"e-{id}\"")), "{id}: {page}");
    }
    assert!(page.contains("<details class=\"act\" open><summary>Approve") && page.contains("value=\"Very long\""));
}

#[test]
fn a_poster_tells_what_its_method_asks_for() {
    let urls = sample::urls();
    let poster = |approval: Value| {
        let form = sample::form(&approval);
        page(poster::poster(&urls, &form, None, look(Lang::Ja, "")).unwrap()).text
    };
    let jury = json!({"method": "jury", "issue_votes": 1, "reject_votes": 1, "jurors": [
        {"id": "r1", "name": "織田", "email": "a@b.example", "access": "outside"}]});
    for (approval, text) in [
        (sample::claim_code(), "会場で案内されるコード"),
        (sample::quiz(), "クイズに回答"),
        (sample::review(), "申請内容を審査します"),
        (jury, "申請内容を審査します"),
        (json!({"method": "peer", "badge_ids": ["b2"], "threshold": 1}), "バッジをお持ちの方に承認を依頼"),
        (json!({"method": "automatic"}), "<li>バッジがメールで届きます。</li>"),
    ] {
        let shown = poster(approval);
        assert!(shown.contains(text), "{text}: {shown}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}

#[test]
fn evidence_is_told_without_saying_whose_it_is() {
    for (lang, gone) in [(Lang::En, "No longer kept"), (Lang::Ja, "保存期間が終了しました")] {
        let pages = gallery(lang);
        let open = get(&pages, "evidence");
        assert!(
            open.contains("経糸の張り方を学びました。") && open.contains("href=\"/apply/x/evidence/y/z\""),
            "{open}"
        );
        assert!(open.contains(gone) && open.contains("/credentials/"));
        // Neither who, nor what was answered in short: a number may be somebody's.
        assert!(!open.contains("山田") && !open.contains("@") && !open.contains("K-12"), "{open}");
        let closed = get(&pages, "evidence-closed");
        assert!(!closed.contains("手織り") && !closed.contains("Weaving") && !closed.contains("/apply/"), "{closed}");
    }
}

#[test]
fn a_qr_code_holds_the_forms_address() {
    let (urls, form) = (sample::urls(), sample::form(&sample::review()));
    let request = Request::test(http::Method::GET, "/", &[]);
    let svg = poster::qr_svg(&urls, &form).unwrap().finish(&request);
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    let png = poster::qr_png(&urls, &form).unwrap().finish(&request);
    let Body::Binary(bytes) = png.body() else { panic!("text") };
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut dots).unwrap();
    // As large as the address needs, with four white modules around it.
    let address = poster::address(&urls, &form);
    let modules = qrcode::QrCode::with_error_correction_level(&address, qrcode::EcLevel::M).unwrap().width() + 8;
    let side = u32::try_from(10 * modules).unwrap();
    assert_eq!((info.width, info.height), (side, side));
    assert!(dots[..info.line_size * 40].iter().all(|byte| *byte == 0xff));
}
