//! What votes and approvals come to, and who looks at what. All by the form as it is now: who has left decides no more.

use crate::answers::{Answer, Answers};
use crate::application::{Approved, Choice, Vote};
use crate::approval::{Approval, Reviewer, Verdict};
use crate::form::{Definition, Routing};
use crate::names::ReviewerId;
use badge::EmailAddress;

/// How a jury stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// Votes are missing, or a final reviewer has the word.
    Open {
        /// Votes for issuing.
        issue: u32,
        /// Votes for rejecting.
        reject: u32,
        /// Jurors who have not voted.
        missing: u32,
    },
    /// Enough votes for issuing.
    Issue,
    /// Enough votes for rejecting.
    Reject,
    /// Whatever the missing votes are, neither number is reached: jurors may not vote on applications of their own, and some leave.
    Stuck,
}

/// The jurors who may vote on somebody's application: whoever applies is none.
pub fn jurors<'a>(approval: &'a Approval, applicant: &EmailAddress) -> impl Iterator<Item = &'a Reviewer> {
    let all = if let Approval::Jury { jurors, .. } = approval { jurors.as_slice() } else { &[] };
    all.iter().filter(move |juror| !juror.is(applicant))
}

/// What the votes on submission number `submission` come to.
#[must_use]
pub fn tally(approval: &Approval, applicant: &EmailAddress, votes: &[Vote], submission: u32) -> Tally {
    let mut counts = (0u32, 0u32, 0u32);
    for juror in jurors(approval, applicant) {
        match votes.iter().rfind(|vote| vote.by == juror.id && vote.submission == submission).map(|vote| vote.choice) {
            Some(Choice::Issue) => counts.0 += 1,
            Some(Choice::Reject) => counts.1 += 1,
            None => counts.2 += 1,
        }
    }
    let (issue, reject, missing) = counts;
    match approval {
        Approval::Jury { verdict: Verdict::Votes { issue: needed, .. }, .. } if issue >= *needed => Tally::Issue,
        Approval::Jury { verdict: Verdict::Votes { reject: needed, .. }, .. } if reject >= *needed => Tally::Reject,
        Approval::Jury { verdict: Verdict::Votes { issue: for_it, reject: against }, .. }
            if issue + missing < *for_it && reject + missing < *against =>
        {
            Tally::Stuck
        }
        _ => Tally::Open { issue, reject, missing },
    }
}

/// Whether enough peers approved submission number `submission`.
#[must_use]
pub fn peers_suffice(approval: &Approval, approvals: &[Approved], submission: u32) -> bool {
    let Approval::Peer { threshold, .. } = approval else { return false };
    let count = approvals.iter().filter(|one| one.submission == submission).count();
    u32::try_from(count).is_ok_and(|count| count >= *threshold)
}

/// To whom an application goes, the `turn`-th of its form. Nobody gets their own; where that leaves nobody, nobody is named, and any of
/// the organisation's reviewers may decide.
#[must_use]
pub fn assigned(definition: &Definition, answers: &Answers, applicant: &EmailAddress, turn: u32) -> Vec<ReviewerId> {
    let approval = &definition.approval;
    let may = |reviewer: &&Reviewer| !reviewer.is(applicant);
    if let Approval::Jury { .. } = approval {
        return jurors(approval, applicant).map(|juror| juror.id.clone()).collect();
    }
    let all: Vec<&Reviewer> = approval.reviewers().filter(may).collect();
    let everyone = || all.iter().map(|reviewer| reviewer.id.clone()).collect::<Vec<_>>();
    match &definition.routing {
        Routing::All => everyone(),
        Routing::RoundRobin => {
            let place = usize::try_from(turn).unwrap_or(0).checked_rem(all.len());
            place.and_then(|place| all.get(place)).map(|reviewer| reviewer.id.clone()).into_iter().collect()
        }
        Routing::Field { field, rules, otherwise } => {
            let values: Vec<&str> = match answers.get(field) {
                Some(Answer::Text(value)) => vec![value],
                Some(Answer::Choices(values)) => values.iter().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            let mut named: Vec<ReviewerId> = Vec::new();
            for rule in rules.iter().filter(|rule| values.contains(&rule.value.as_str())) {
                named.extend(rule.reviewers.iter().cloned());
            }
            if named.is_empty() {
                named.clone_from(otherwise);
            }
            named.sort();
            named.dedup();
            named.retain(|id| all.iter().any(|reviewer| reviewer.id == *id));
            if named.is_empty() { everyone() } else { named }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::tests::typed;
    use crate::approval::tests::method;
    use crate::form::tests::{body, definition};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn somebody() -> EmailAddress {
        "applicant@example.org".parse().unwrap()
    }

    fn vote(by: usize, choice: Choice, submission: u32) -> Vote {
        let by = format!("r{by}").parse().unwrap();
        Vote { by, submission, choice, comment: String::new(), at: jiff::Timestamp::UNIX_EPOCH }
    }

    fn jury(count: usize, issue: u32, reject: u32) -> Approval {
        let jurors: Vec<Value> = (1..=count)
            .map(|n| json!({"name": "J", "email": format!("j{n}@example.org"), "access": "outside"}))
            .collect();
        definition(json!({"method": "jury", "jurors": jurors, "issue_votes": issue, "reject_votes": reject})).approval
    }

    proptest! {
        #[test]
        fn a_full_jury_always_decides_and_only_by_its_thresholds(
            count in 1usize..8, issue in 1u32..8, reject in 1u32..8, choices in proptest::collection::vec(any::<Option<bool>>(), 8),
        ) {
            prop_assume!(issue as usize <= count && reject as usize <= count && (issue + reject) as usize <= count + 1);
            let approval = jury(count, issue, reject);
            let votes: Vec<Vote> = choices.iter().take(count).enumerate()
                .filter_map(|(n, choice)| choice.map(|yes| vote(n + 1, if yes { Choice::Issue } else { Choice::Reject }, 1)))
                .collect();
            let yes = u32::try_from(votes.iter().filter(|v| v.choice == Choice::Issue).count()).unwrap();
            let no = u32::try_from(votes.len()).unwrap() - yes;
            match tally(&approval, &somebody(), &votes, 1) {
                Tally::Issue => prop_assert!(yes >= issue),
                Tally::Reject => prop_assert!(no >= reject && yes < issue),
                Tally::Open { missing, .. } => prop_assert!(yes < issue && no < reject && missing > 0),
                Tally::Stuck => prop_assert!(false, "a jury that was let in got stuck"),
            }
            // Votes on an earlier submission say nothing about this one.
            let none = Tally::Open { issue: 0, reject: 0, missing: u32::try_from(count).unwrap() };
            prop_assert_eq!(tally(&approval, &somebody(), &votes, 2), none);
        }
    }

    #[test]
    fn a_juror_who_applies_has_no_vote_and_the_jury_may_get_stuck() {
        let approval = jury(2, 2, 1);
        let juror: EmailAddress = "J1@example.org".parse().unwrap();
        let open = Tally::Open { issue: 0, reject: 0, missing: 1 };
        assert_eq!(tally(&approval, &juror, &[vote(1, Choice::Issue, 1)], 1), open);
        assert_eq!(tally(&approval, &juror, &[vote(2, Choice::Issue, 1)], 1), Tally::Stuck);
        assert_eq!(tally(&approval, &juror, &[vote(2, Choice::Reject, 1)], 1), Tally::Reject);
    }

    #[test]
    fn the_last_vote_of_a_juror_counts() {
        let approval = jury(1, 1, 1);
        let votes = [vote(1, Choice::Reject, 1), vote(1, Choice::Issue, 1)];
        assert_eq!(tally(&approval, &somebody(), &votes, 1), Tally::Issue);
    }

    #[test]
    fn an_answer_sends_it_to_its_reviewers_and_nobody_gets_their_own() {
        let mut value = body(method("review"));
        value["routing"] = json!({"by": "field", "field": "course",
            "rules": [{"value": "a", "reviewers": ["r1"]}], "otherwise": ["r2"]});
        let definition = Definition::read(&value).unwrap();
        let who = |course: &str, applicant: &str| {
            let answers = Answers::read(&typed(&json!({"why": "w", "course": course})), &definition).unwrap();
            let ids = assigned(&definition, &answers, &applicant.parse().unwrap(), 0);
            ids.into_iter().map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(who("a", "x@example.org"), ["r1"]);
        assert_eq!(who("b", "x@example.org"), ["r2"]);
        assert_eq!(who("a", "R1@secret.example"), ["r2"]);
    }

    #[test]
    fn turns_go_round() {
        let mut value = body(method("review"));
        value["routing"] = json!({"by": "round_robin"});
        let definition = Definition::read(&value).unwrap();
        let turn = |n, who: &str| assigned(&definition, &Answers::default(), &who.parse().unwrap(), n);
        let ids: Vec<String> = (0..4).flat_map(|n| turn(n, "x@example.org")).map(String::from).collect();
        assert_eq!(ids, ["r1", "r2", "r1", "r2"]);
        assert_eq!(turn(0, "r1@secret.example").len(), 1);
        assert_ne!(turn(0, "r1@secret.example")[0].as_str(), "r1");
    }
}
