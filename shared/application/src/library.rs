//! Ready-made forms to begin with. An organisation copies one, names its badge, and changes what it likes.

use crate::text::Text;
use badge::Lang;
use serde_json::{Value, json};

/// A ready-made form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormTemplate {
    /// Its name in addresses.
    pub name: &'static str,
    /// What it is called.
    pub title: Text,
    /// When it is the right one.
    pub description: Text,
    /// The body of a request that makes a form, all but `badge_id` and what only the organisation knows.
    pub body: Value,
}

/// All of them.
#[must_use]
pub fn library() -> Vec<FormTemplate> {
    vec![
        seminar_survey(),
        course_completion(),
        skill_with_evidence(),
        jury_award(),
        quiz(),
        peer_endorsed(),
        claim_at_event(),
        volunteering(),
    ]
}

/// The one of this name.
#[must_use]
pub fn find(name: &str) -> Option<FormTemplate> {
    library().into_iter().find(|template| template.name == name)
}

fn template(name: &'static str, title: (&str, &str), description: (&str, &str), body: Value) -> FormTemplate {
    let (title, description) = (Text::new(title.0, title.1), Text::new(description.0, description.1));
    let mut body = body;
    body["primary_language"] = Lang::Ja.tag().into();
    body["title"] = json!(title);
    FormTemplate { name, title, description, body }
}

fn both(en: &str, ja: &str) -> Value {
    json!({"en": en, "ja": ja})
}

fn field(id: &str, kind: &str, required: bool, en: &str, ja: &str) -> Value {
    json!({"id": id, "type": kind, "required": required, "label": both(en, ja)})
}

fn with_help(mut field: Value, en: &str, ja: &str) -> Value {
    field["help"] = both(en, ja);
    field
}

fn choices(mut field: Value, options: &[(&str, &str, &str)]) -> Value {
    let choice = |(value, en, ja): &(&str, &str, &str)| json!({"value": value, "label": both(en, ja)});
    field["options"] = options.iter().map(choice).collect();
    field
}

fn seminar_survey() -> FormTemplate {
    let scale = [
        ("5", "Very satisfied", "とても満足"),
        ("4", "Satisfied", "満足"),
        ("3", "Neither", "どちらともいえない"),
        ("2", "Dissatisfied", "不満"),
        ("1", "Very dissatisfied", "とても不満"),
    ];
    let heard = [
        ("colleague", "From a colleague or friend", "知人・同僚から"),
        ("mail", "By e-mail", "メール"),
        ("web", "On a web page", "ウェブサイト"),
        ("social", "On social media", "SNS"),
        ("other", "Otherwise", "その他"),
    ];
    let again = [("yes", "Yes", "はい"), ("no", "No", "いいえ")];
    template(
        "seminar-survey",
        ("Seminar attendance survey", "セミナー参加アンケート"),
        (
            "Shown as a QR code at the end of a seminar: a short survey, and the badge of attendance at once.",
            "セミナーの終わりにQRコードで案内します。短いアンケートに答えると、すぐに参加バッジが届きます。",
        ),
        json!({
            "instructions": both(
                "Thank you for taking part. Answer a few questions and receive your badge of attendance.",
                "ご参加ありがとうございました。アンケートにお答えいただいた方に参加バッジをお送りします。",
            ),
            "fields": [
                choices(field("satisfaction", "radio", true, "How satisfied are you with the seminar?", "セミナーの満足度を教えてください"), &scale),
                choices(field("heard", "checkbox", false, "How did you hear of it?", "このセミナーを何でお知りになりましたか（複数選択可）"), &heard),
                field("learned", "paragraph", false, "What did you take away?", "学んだこと、印象に残ったこと"),
                choices(field("again", "radio", false, "Would you come again?", "また参加したいですか"), &again),
            ],
            "evidence": "no", "approval": {"method": "automatic"},
        }),
    )
}

fn course_completion() -> FormTemplate {
    template(
        "course-completion",
        ("Course completion", "講座修了申請"),
        (
            "For those who finished a course elsewhere: a reviewer looks at the dates and the proof of completion.",
            "外部の講座などを修了した方の申請用です。担当者が修了日と修了を示す資料を確認します。",
        ),
        json!({
            "instructions": both("Tell us which course you finished, and attach the proof.", "修了した講座を記入し、修了を示す資料を添付してください。"),
            "reviewer_instructions": both(
                "Check that name, course and date on the proof agree with the application.",
                "資料の氏名・講座名・修了日が申請内容と一致するか確認してください。",
            ),
            "fields": [
                field("course", "text", true, "Name of the course", "講座名"),
                field("provider", "text", true, "Who held it", "実施機関"),
                field("completed_on", "date", true, "Completed on", "修了日"),
                with_help(field("proof", "file", true, "Proof of completion", "修了を示す資料"), "A PDF or a photograph.", "PDFまたは写真"),
                field("reflection", "paragraph", false, "What you can do now", "身についたこと"),
            ],
            "evidence": "yes", "approval": {"method": "review", "reviewers": []}, "reminder_days": 7,
        }),
    )
}

fn skill_with_evidence() -> FormTemplate {
    let level = [
        ("beginner", "With guidance", "助言があればできる"),
        ("independent", "Independently", "一人でできる"),
        ("leading", "Teaching others", "人に教えられる"),
    ];
    template(
        "skill-evidence",
        ("Skill shown by evidence", "スキル認定申請"),
        (
            "A skill is described by situation, action and result, and shown by work samples that a reviewer judges.",
            "状況・行動・結果の順にスキルを説明し、成果物を添えて申請します。担当者が基準に照らして審査します。",
        ),
        json!({
            "instructions": both(
                "Describe one situation in which you used the skill, and attach what shows it.",
                "スキルを発揮した具体的な場面を一つ選んで記入し、それを示す成果物を添付してください。",
            ),
            "reviewer_instructions": both(
                "Judge against the badge's criteria only. Send it back with questions rather than rejecting it.",
                "バッジの取得条件に照らして審査してください。不足があるときは却下せず、質問を添えて差し戻してください。",
            ),
            "fields": [
                choices(field("level", "select", true, "How do you use the skill?", "どの程度できますか"), &level),
                field("situation", "paragraph", true, "The situation and your task", "状況と課題"),
                field("action", "paragraph", true, "What you did", "取り組んだこと"),
                field("result", "paragraph", true, "What came of it", "結果"),
                {"id": "samples", "type": "file", "required": true, "max_files": 5, "label": both("Work samples", "成果物")},
            ],
            "evidence": "yes", "approval": {"method": "review", "reviewers": []}, "reminder_days": 7,
        }),
    )
}

fn jury_award() -> FormTemplate {
    template(
        "jury-award",
        ("Award decided by a jury", "審査員による表彰"),
        (
            "Several named jurors vote with comments. Replace the jurors by your own.",
            "複数の審査員がコメント付きで投票します。審査員は実際の方に置き換えてください。",
        ),
        json!({
            "instructions": both("Present your work to the jury.", "審査員に向けて作品・取り組みを紹介してください。"),
            "reviewer_instructions": both("Vote by yourself before you talk to the others.", "ほかの審査員と相談する前に、ご自身で判断して投票してください。"),
            "fields": [
                field("title", "text", true, "Title of the work", "作品・取り組みの名称"),
                field("summary", "paragraph", true, "What is it about?", "概要"),
                field("impact", "paragraph", true, "What has it changed?", "成果と影響"),
                {"id": "material", "type": "file", "required": false, "max_files": 5, "label": both("Material", "資料")},
            ],
            "evidence": "optional", "reminder_days": 7,
            "approval": {"method": "jury", "issue_votes": 2, "reject_votes": 2, "jurors": [
                {"name": "審査員1"}, {"name": "審査員2"}, {"name": "審査員3"},
            ]},
        }),
    )
}

fn quiz() -> FormTemplate {
    let password = [
        ("share", "Use one password everywhere", "同じパスワードを使い回す"),
        ("manager", "Use a password manager", "パスワード管理ツールを使う"),
        ("note", "Write it on a note at the screen", "画面に付箋で貼る"),
    ];
    let mail = [
        ("sender", "Look at the sender's address", "送信元のアドレスを確かめる"),
        ("link", "Do not open its links at once", "リンクをすぐに開かない"),
        ("reply", "Reply and ask for details", "返信して詳しく聞く"),
    ];
    template(
        "quiz",
        ("Quiz", "確認テスト"),
        (
            "Right answers are marked by themselves; who reaches the pass mark receives the badge at once. Replace the questions by your own.",
            "自動で採点し、合格点に達するとすぐにバッジが届きます。設問は例ですので置き換えてください。",
        ),
        json!({
            "instructions": both("Answer all questions. You have three attempts.", "すべての設問に答えてください。3回まで受けられます。"),
            "fields": [
                choices(field("q1", "radio", true, "How do you keep passwords safely?", "パスワードの安全な管理方法はどれですか"), &password),
                choices(field("q2", "checkbox", true, "What do you do with a suspicious mail? (several)", "不審なメールを受け取ったときの正しい対応はどれですか（複数選択）"), &mail),
                with_help(field("q3", "text", true, "What is an authentication with two factors called? (three letters)", "二つの要素を使う認証を英字3文字で何といいますか"), "For example ABC", "例: ABC"),
            ],
            "evidence": "no",
            "approval": {"method": "quiz", "pass_mark": 3, "attempts": 3, "questions": [
                {"field": "q1", "right": ["manager"], "points": 1},
                {"field": "q2", "right": ["sender", "link"], "points": 2},
                {"field": "q3", "right": ["2FA", "MFA"], "points": 1},
            ]},
        }),
    )
}

fn peer_endorsed() -> FormTemplate {
    template(
        "peer-endorsed",
        ("Endorsed by peers", "仲間による承認"),
        (
            "Holders of a badge vouch for somebody who joins them. Say which badges make somebody a peer.",
            "指定したバッジの保有者が推薦・承認します。どのバッジの保有者が承認できるかを設定してください。",
        ),
        json!({
            "instructions": both(
                "After submitting you receive a link for those who know your work.",
                "申請後、あなたの活動をよく知る方に送るためのリンクが表示されます。",
            ),
            "fields": [
                field("contribution", "paragraph", true, "What have you contributed?", "どのような貢献をしましたか"),
                field("with", "text", false, "With whom did you work?", "一緒に活動した方"),
            ],
            "evidence": "optional", "reminder_days": 14,
            "approval": {"method": "peer", "badge_ids": [], "threshold": 2},
        }),
    )
}

fn claim_at_event() -> FormTemplate {
    template(
        "claim-at-event",
        ("Claim code at an event", "イベント会場の引換コード"),
        (
            "A code announced at the event is worth the badge while it lasts. Set your own code, how often and when it may be used.",
            "会場で伝えるコードを入力した方にバッジを贈ります。コード、使用回数、受付時間を設定してください。",
        ),
        json!({
            "instructions": both("Enter the code that was announced at the event.", "会場でお知らせしたコードを入力してください。"),
            "fields": [field("affiliation", "text", false, "Affiliation", "所属")],
            "evidence": "no",
            "approval": {"method": "claim_code", "once_per_person": true, "codes": []},
        }),
    )
}

fn volunteering() -> FormTemplate {
    let kinds = [
        ("education", "Education", "教育・学習支援"),
        ("environment", "Environment", "環境"),
        ("welfare", "Welfare", "福祉"),
        ("disaster", "Disaster relief", "災害支援"),
        ("other", "Other", "その他"),
    ];
    template(
        "volunteering",
        ("Volunteering record", "ボランティア活動の記録"),
        (
            "Hours of volunteering are reported and confirmed; each kind of work may go to a reviewer of its own.",
            "ボランティア活動の時間と内容を申請します。活動分野ごとに担当者を分けることもできます。",
        ),
        json!({
            "instructions": both("Report one activity at a time.", "活動ごとに申請してください。"),
            "fields": [
                choices(field("kind", "select", true, "Kind of activity", "活動分野"), &kinds),
                field("organisation", "text", true, "For which organisation", "活動先の団体"),
                field("from", "date", true, "From", "活動開始日"),
                field("to", "date", true, "To", "活動終了日"),
                {"id": "hours", "type": "text", "required": true, "max_chars": 10, "label": both("Hours", "活動時間（時間）")},
                field("report", "paragraph", true, "What did you do?", "活動内容と感想"),
            ],
            "evidence": "optional", "per_person": 0, "reminder_days": 7,
            "approval": {"method": "review", "reviewers": []},
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Definition;

    #[test]
    fn all_become_forms_once_the_organisation_adds_what_only_it_knows() {
        let all = library();
        assert_eq!(all.len(), 8);
        for template in all {
            let mut body = template.body.clone();
            body["badge_id"] = "b1".into();
            let missing = match template.name {
                "peer-endorsed" => Some("/approval/badge_ids"),
                "claim-at-event" => Some("/approval/codes"),
                _ => None,
            };
            if let Some(pointer) = missing {
                let errors = Definition::read(&body).unwrap_err();
                assert_eq!((errors.len(), errors[0].pointer.as_str()), (1, pointer), "{}", template.name);
                body["approval"]["badge_ids"] = json!(["b2"]);
                body["approval"]["codes"] = json!([{"code": "HARU-2026"}]);
            }
            let definition = Definition::read(&body).unwrap_or_else(|e| panic!("{}: {e:?}", template.name));
            for text in [&template.title, &template.description, &definition.instructions] {
                assert!(!text.en.is_empty() && !text.ja.is_empty() && text.en.is_ascii() && !text.ja.is_ascii());
            }
            for field in &definition.fields {
                assert!(!field.label.en.is_empty() && !field.label.ja.is_empty(), "{}", field.id);
            }
            assert_eq!(find(template.name), Some(template));
        }
    }
}
