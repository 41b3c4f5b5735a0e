//! The problem list where it is kept (LR01).

use crate::practice::{Practice, create, key, update};
use clinic::list_entry::Refusal;
use clinic::problem_list::change::{self, ACTS, Said};
use clinic::problem_list::likeness::{Likeness, alike};
use clinic::problem_list::{self, Lifetime, ListedProblem, NewProblem, ProblemList};
use clinic::typed_line::Mistake;
use fhir::date_time::Date;
use record::Session;
use store::Expect;
use terminology::Terminology;

fn life() -> Lifetime {
    Lifetime { born: None, today: Date::new(2026, 11, 27).unwrap() }
}

fn practice() -> Practice {
    let practice = Practice::with_rules(clinic::write_rules());
    for id in ["p", "other"] {
        let patient = format!(
            r#"{{"resourceType":"Patient","id":"{id}","gender":"female","name":[{{"family":"Roe"}}]}}"#
        );
        update(&practice.administrator(), &format!("Patient/{id}"), &patient, Expect::Any).unwrap();
    }
    practice
}

fn new(name: &str, code: &str, onset: &str) -> NewProblem {
    let onset = Date::parse(onset).ok();
    NewProblem { name: name.to_owned(), code: (!code.is_empty()).then(|| code.to_owned()), onset }
}

/// A problem that is put on the list, as it stands there.
fn added(session: &Session, problem: &NewProblem) -> ListedProblem {
    let id = problem_list::add(session, "p", problem).unwrap();
    ProblemList::read(session, "p").unwrap().of_id(&id).unwrap().clone()
}

fn apply(
    session: &Session,
    problem: &ListedProblem,
    act: &str,
    date: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let said = Said { act, date, reason };
    change::apply(session, ("p", &problem.id, problem.version), &said, life()).unwrap()
}

fn mistake(refused: Result<(), Refusal>) -> Mistake {
    match refused {
        Err(Refusal::Mistake(mistake)) => mistake,
        other => panic!("{other:?}"),
    }
}

#[test]
fn lr01_a_problem_is_added_resolved_made_active_again_and_dated() {
    let practice = practice();
    let session = practice.user("u", "Dr. Lee");
    let problem = added(&session, &new("Essential (primary) hypertension", "I10", "2019-03"));
    assert_eq!((problem.is_active, problem.onset.as_str()), (true, "2019-03"));
    assert_eq!(
        (problem.diagnosis_codes.as_slice(), problem.origin.recorder.as_str()),
        (&["I10".to_owned()][..], "Dr. Lee")
    );
    let state = || {
        let list = ProblemList::read(&session, "p").unwrap();
        let one = list.of_id(&problem.id).unwrap().clone();
        (one.is_active, one.abatement.clone(), one)
    };
    apply(&session, &problem, "resolve", "", "").unwrap();
    let (is_active, abatement, resolved) = state();
    assert_eq!((is_active, abatement.as_str()), (false, "2026-11-27"), "today, when no day is typed");
    apply(&session, &resolved, "resolve", "t-3w", "").unwrap();
    let (_, abatement, resolved) = state();
    assert_eq!(abatement, "2026-11-06");
    apply(&session, &resolved, "reopen", "", "").unwrap();
    let (is_active, abatement, active) = state();
    assert_eq!((is_active, abatement.as_str()), (true, ""));
    apply(&session, &active, "onset", "Jul 1985", "").unwrap();
    let (_, _, dated) = state();
    assert_eq!(dated.onset, "1985-07");
    let text = session.read(&key(&format!("Condition/{}", problem.id))).unwrap().to_json();
    assert!(text.contains("us-core-condition-problems-health-concerns"), "{text}");
    apply(&session, &dated, "error", "", "wrong patient").unwrap();
    assert!(ProblemList::read(&session, "p").unwrap().problems.is_empty());
    let text = session.read(&key(&format!("Condition/{}", problem.id))).unwrap().to_json();
    assert!(text.contains("entered-in-error") && text.contains("wrong patient"), "{text}");
    let again = ListedProblem { version: dated.version + 1, ..dated };
    assert_eq!(
        apply(&session, &again, "reopen", "", ""),
        Err(Refusal::ChangedMeanwhile),
        "it is off the list"
    );
}

#[test]
fn lr01_two_people_do_not_write_over_each_other() {
    let practice = practice();
    let (one, other) = (practice.user("u", "Dr. Lee"), practice.user("v", "Dr. Kim"));
    let seen = added(&one, &new("Asthma", "", ""));
    apply(&one, &seen, "onset", "2001", "").unwrap();
    assert_eq!(apply(&other, &seen, "resolve", "", ""), Err(Refusal::ChangedMeanwhile));
    let list = ProblemList::read(&one, "p").unwrap();
    assert_eq!((list.problems[0].onset.as_str(), list.problems[0].is_active), ("2001", true));
}

#[test]
fn lr01_what_is_typed_wrongly_is_said_beside_its_field() {
    let practice = practice();
    let session = practice.administrator();
    let problem = added(&session, &new("Asthma", "J45.909", "2001-05"));
    for (act, date, reason, field, said) in [
        ("resolve", "soon", "", "date", "write a date"),
        ("resolve", "t+1d", "", "date", "has not come yet"),
        ("resolve", "4/2001", "", "date", "cannot end (April 2001) before it began (May 2001)"),
        ("onset", "", "", "date", "write a date"),
        ("onset", "7/4", "", "date", "which year"),
        ("onset", "\u{0}", "", "date", "write a date"),
        ("error", "", " ", "reason", "write why"),
        ("error", "", "a\u{7}b", "reason", "cannot be shown"),
        ("error", "", &"x".repeat(2_000), "reason", "at most"),
        ("burn", "", "", "act", "choose"),
        ("", "", "", "act", "choose"),
    ] {
        let mistake = mistake(apply(&session, &problem, act, date, reason));
        assert_eq!(mistake.field, field, "{act} {date} {reason}");
        assert!(mistake.message.contains(said), "{act} {date}: {}", mistake.message);
    }
    let born = Lifetime { born: Date::new(1990, 2, 3), ..life() };
    let too_early = born.read("onset", "7/4/85").unwrap_err();
    assert!(too_early.message.contains("before the patient was born (February 3, 1990)"), "{too_early:?}");
    assert_eq!(born.read("onset", "1990").unwrap(), Date::from_year(1990), "within the year of birth");
    assert_eq!(ACTS.len(), 4);
}

#[test]
fn lr01_a_problem_of_another_patient_is_not_changed() {
    let practice = practice();
    let session = practice.administrator();
    let problem = added(&session, &new("Asthma", "", ""));
    let said = Said { act: "resolve", ..Said::default() };
    let wrong = change::apply(&session, ("other", &problem.id, problem.version), &said, life());
    assert!(matches!(wrong, Err(record::Error::NotFound(_))), "{wrong:?}");
}

#[test]
fn lr01_diagnoses_of_one_visit_are_not_on_the_list_and_what_is_unsaid_is() {
    let practice = practice();
    let session = practice.administrator();
    let condition = |id: &str, more: &str| {
        let json = format!(
            r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/p"}},"code":{{"text":"{id}"}}{more}}}"#
        );
        update(&session, &format!("Condition/{id}"), &json, Expect::Any).unwrap();
    };
    let category = |code: &str| {
        format!(
            r#","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"{code}"}}]}}]"#
        )
    };
    condition(
        "unsaid",
        r#","onsetAge":{"value":45,"unit":"years","system":"http://unitsofmeasure.org","code":"a"}"#,
    );
    condition("listed", &category("problem-list-item"));
    condition("visit", &category("encounter-diagnosis"));
    let list = ProblemList::read(&session, "p").unwrap();
    let mut names: Vec<_> = list.active().map(|one| (one.name.as_str(), one.onset.as_str())).collect();
    names.sort_unstable();
    assert_eq!(names, [("listed", ""), ("unsaid", "at 45 years")]);
    // What came without a profile and category gets both when it is changed, and keeps the rest.
    let unsaid = list.of_id("unsaid").unwrap().clone();
    apply(&session, &unsaid, "onset", "1999", "").unwrap();
    let text = session.read(&key("Condition/unsaid")).unwrap().to_json();
    assert!(
        text.contains("problem-list-item")
            && text.contains("us-core-condition")
            && !text.contains("onsetAge"),
        "{text}"
    );
}

#[test]
fn lr01_what_is_on_the_list_already_is_suggested() {
    let practice = practice();
    let session = practice.administrator();
    let mut listed = vec![
        added(&session, &new("Essential (primary) hypertension", "I10", "")),
        added(&session, &new("Type 2 diabetes mellitus without complications", "E11.9", "")),
        added(&session, &new("High cholesterol", "", "")),
        added(&session, &new("Frozen shoulder, left", "", "")),
    ];
    let asthma = added(&session, &new("Mild intermittent asthma", "J45.20", ""));
    listed.push(ListedProblem { is_active: false, ..asthma });
    let likeness = |name: &str, code: &str| {
        let found = alike(listed.iter(), &new(name, code, ""));
        found.first().map(|(known, likeness)| (known.name.clone(), *likeness))
    };
    let known = |name: &str, likeness| Some((name.to_owned(), likeness));
    use Likeness::{SameCategory, SameCode, SameWords};
    assert_eq!(likeness("Hypertension", "I10"), known("Essential (primary) hypertension", SameCode));
    assert_eq!(
        likeness("htn", ""),
        known("Essential (primary) hypertension", SameWords),
        "a word for its code"
    );
    let diabetes = "Type 2 diabetes mellitus without complications";
    assert_eq!(
        likeness("Type 2 diabetes with neuropathy", "E11.40"),
        known(diabetes, SameCategory),
        "narrower"
    );
    assert_eq!(likeness("Type 2 diabetes mellitus", "E11"), known(diabetes, SameCategory), "broader");
    assert_eq!(likeness("Pure hypercholesterolemia", "E78.00"), known("High cholesterol", SameWords));
    assert_eq!(likeness("frozen  shoulder LEFT", ""), known("Frozen shoulder, left", SameWords));
    assert_eq!(
        likeness("Mild intermittent asthma", "J45.20"),
        known("Mild intermittent asthma", SameCode),
        "it was there"
    );
    assert_eq!(likeness("Severe asthma", "J45.50"), None, "what is over is like nothing but itself");
    assert_eq!(likeness("Gout", "M10.9"), None);
    assert_eq!(likeness("é", ""), None);
}

#[test]
fn lr01_a_form_gives_a_problem_or_says_what_is_wrong_with_it() {
    let terminology = Terminology::built_in();
    let read =
        |find: &str, code: &str, onset: &str| NewProblem::read(&terminology, (find, code, onset), life());
    assert_eq!(read("htn", "I10", "2019").unwrap(), new("Essential (primary) hypertension", "I10", "2019"));
    assert_eq!(read(" sore elbow ", "", "").unwrap(), new("sore elbow", "", ""));
    for (find, code, onset, field) in [
        ("", "", "", "find"),
        ("x", "I99999", "", "find"),
        ("x", "\"><script>", "", "find"),
        ("a\u{0}", "", "", "find"),
        ("x", "I10", "whenever", "onset"),
        ("x", "I10", "12/31/2026", "onset"),
    ] {
        assert_eq!(read(find, code, onset).unwrap_err().field, field, "{find} {code} {onset}");
    }
}

#[test]
fn lr01_imported_lines_keep_what_a_change_is_not_about() {
    let practice = practice();
    let session = practice.administrator();
    let json = r#"{"resourceType":"Condition","subject":{"reference":"Patient/p"},"code":{"text":"Gout"},
        "severity":{"text":"moderate"},"note":[{"text":"left foot"}],"abatementString":"long ago",
        "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]}}"#;
    create(&session, json, None).unwrap();
    let gout = ProblemList::read(&session, "p").unwrap().problems.remove(0);
    assert_eq!(
        (gout.abatement.as_str(), gout.origin.notes.as_slice()),
        ("long ago", &["left foot".to_owned()][..])
    );
    apply(&session, &gout, "error", "", "it was a sprain").unwrap();
    let text = session.read(&key(&format!("Condition/{}", gout.id))).unwrap().to_json();
    for kept in ["moderate", "left foot", "Entered in error: it was a sprain"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}
