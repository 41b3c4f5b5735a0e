//! The list of allergies where it is kept (LR03).

use crate::practice::{Practice, key, update};
use access::Actor;
use clinic::allergy_list::change::apply;
use clinic::allergy_list::{self, AllergyList, ListedAllergy, NewAllergy, State, Typed, none_known};
use clinic::chart::allergy::Allergies;
use clinic::chart::identity;
use clinic::list_entry::Refusal;
use clinic::note::draft::Draft;
use clinic::note::signing::{self, Unready};
use clinic::visit;
use record::{Origin, Session};
use store::Expect;

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

fn list(session: &Session) -> AllergyList {
    AllergyList::read(session, "p").unwrap()
}

fn typed(substance: &str) -> Typed<'_> {
    Typed { substance, ..Typed::default() }
}

fn added(session: &Session, typed: &Typed<'_>) -> ListedAllergy {
    let id = allergy_list::add(session, "p", &NewAllergy::read(typed).unwrap()).unwrap();
    list(session).of_id(&id).unwrap().clone()
}

fn change(session: &Session, line: &ListedAllergy, act: &str, reason: &str) -> Result<(), Refusal> {
    apply(session, ("p", &line.id, line.version), (act, reason)).unwrap()
}

fn banner(session: &Session) -> Allergies {
    identity(session, "p", 0).unwrap().1
}

#[test]
fn lr03_the_states_are_told_apart_and_none_ends_with_an_allergy() {
    let practice = practice();
    let session = practice.user("u", "Dr. Lee");
    assert_eq!((list(&session).state, banner(&session)), (State::NotRecorded, Allergies::NotRecorded));
    assert_eq!(none_known::say(&session, "p").unwrap(), Ok(()));
    assert_eq!(none_known::say(&session, "p").unwrap(), Ok(()));
    let none = list(&session);
    assert_eq!(
        (none.state, none.none_known.len()),
        (State::NoneKnown, 1),
        "it stands once, however often it is said"
    );
    assert_eq!(banner(&session), Allergies::NoneKnown);

    let severe = Typed {
        category: "medication",
        reaction: "anaphylaxis",
        severity: "severe",
        criticality: "high",
        ..typed("penicillin")
    };
    let penicillin = added(&session, &severe);
    let known = list(&session);
    assert_eq!(
        (known.state, known.none_known.len()),
        (State::Known, 0),
        "what said that there is none is over"
    );
    assert_eq!(
        (penicillin.allergy.detail(), penicillin.criticality.as_str()),
        ("anaphylaxis, severe".to_owned(), "high")
    );
    assert_eq!(
        (penicillin.categories.as_slice(), penicillin.origin.recorder.as_str()),
        (&["medication".to_owned()][..], "Dr. Lee")
    );
    let refused = none_known::say(&session, "p").unwrap();
    assert!(
        matches!(&refused, Err(Refusal::Mistake(mistake)) if mistake.message.contains("penicillin")),
        "{refused:?}"
    );

    // Refuted: it does not stand in the banner, and nothing holds that nobody said.
    change(&session, &penicillin, "refute", "tolerated amoxicillin").unwrap();
    let refuted = list(&session);
    assert_eq!((refuted.state, refuted.allergies[0].status.as_str()), (State::NotRecorded, "refuted"));
    assert_eq!(refuted.allergies[0].origin.notes, ["Refuted: tolerated amoxicillin"]);
    assert!(matches!(banner(&session), Allergies::Known(known) if !known[0].is_active));
    assert_eq!(none_known::say(&session, "p").unwrap(), Ok(()));
    assert_eq!(banner(&session), Allergies::NoneKnown);
    // It holds again: and what said that there is none does not.
    change(&session, &refuted.allergies[0], "reopen", "").unwrap();
    let again = list(&session);
    assert_eq!(
        (again.state, again.none_known.len(), again.allergies[0].status.as_str()),
        (State::Known, 0, "active")
    );
    change(&session, &again.allergies[0], "inactivate", "").unwrap();
    assert_eq!(list(&session).past().count(), 1);
    let text = session.read(&key(&format!("AllergyIntolerance/{}", penicillin.id))).unwrap().to_json();
    assert!(text.contains("us-core-allergyintolerance"), "{text}");
}

#[test]
fn lr03_who_may_not_see_allergies_is_told_so() {
    let practice = practice();
    added(&practice.administrator(), &typed("latex"));
    let biller = Actor { id: "b".to_owned(), roles: vec!["biller".to_owned()], ..Actor::default() };
    let session = practice.record.session(biller, Origin::default());
    let unseen = list(&session);
    assert_eq!((unseen.state, unseen.allergies.len()), (State::CannotBeSeen, 0));
    assert_eq!(banner(&session), Allergies::CannotBeSeen, "which is not that none is recorded");
}

#[test]
fn lr03_only_what_an_allergy_shows_to_be_wrong_ends_with_it() {
    let practice = practice();
    let session = practice.administrator();
    let none = |code: &str| {
        let json = format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"none-{code}","patient":{{"reference":"Patient/p"}},
            "clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}}]}},
            "code":{{"coding":[{{"system":"http://snomed.info/sct","code":"{code}"}}]}}}}"#
        );
        update(&session, &format!("AllergyIntolerance/none-{code}"), &json, Expect::Any).unwrap();
    };
    let (any, drug, food) = ("716186003", "409137002", "429625007");
    let standing = || {
        let mut ids: Vec<_> = list(&session).none_known.into_iter().map(|one| one.id).collect();
        ids.sort();
        ids
    };
    for code in [any, drug, food] {
        none(code);
    }
    added(&session, &Typed { category: "food", ..typed("peanut") });
    assert_eq!(standing(), [format!("none-{drug}")]);
    added(&session, &typed("something"));
    assert_eq!(standing(), Vec::<String>::new(), "it could be any kind");
}

#[test]
fn lr03_two_people_do_not_write_over_each_other_and_an_error_has_a_reason() {
    let practice = practice();
    let (session, other) = (practice.user("u", "Dr. Lee"), practice.user("v", "Dr. Kim"));
    let latex = added(&session, &typed("latex"));
    for (act, reason, field) in [
        ("error", "", "reason"),
        ("error", "a\u{0}", "reason"),
        ("refute", "\u{7}", "reason"),
        ("burn", "", "act"),
    ] {
        let refused = change(&session, &latex, act, reason);
        assert!(
            matches!(&refused, Err(Refusal::Mistake(mistake)) if mistake.field == field),
            "{act}: {refused:?}"
        );
    }
    change(&session, &latex, "inactivate", "outgrown").unwrap();
    assert_eq!(change(&other, &latex, "refute", ""), Err(Refusal::ChangedMeanwhile));
    let latex = list(&session).allergies.remove(0);
    change(&session, &latex, "error", "wrong patient").unwrap();
    assert!(list(&session).allergies.is_empty());
    assert_eq!(list(&session).state, State::NotRecorded);
    let gone = ListedAllergy { version: latex.version + 1, ..latex.clone() };
    assert_eq!(change(&session, &gone, "reopen", ""), Err(Refusal::ChangedMeanwhile));
    let wrong = apply(&session, ("other", &latex.id, latex.version), ("reopen", ""));
    assert!(matches!(wrong, Err(record::Error::NotFound(_))), "{wrong:?}");
}

#[test]
fn lr03_a_form_gives_an_allergy_or_says_what_is_wrong_with_it() {
    assert_eq!(NewAllergy::read(&typed(" latex ")).unwrap().substance, "latex");
    for (typed, field) in [
        (typed(" "), "substance"),
        (typed("a\u{0}b"), "substance"),
        (Typed { category: "poison", ..typed("x") }, "category"),
        (Typed { reaction: "\u{1b}", ..typed("x") }, "reaction"),
        (Typed { severity: "deadly", ..typed("x") }, "severity"),
        (Typed { criticality: "very", ..typed("x") }, "criticality"),
    ] {
        assert_eq!(NewAllergy::read(&typed).unwrap_err().field, field);
    }
}

#[test]
fn lr03_what_is_listed_already_is_found_by_its_words() {
    let practice = practice();
    let session = practice.administrator();
    added(&session, &typed("Penicillin V, oral"));
    let list = list(&session);
    assert_eq!(list.to("penicillin  v oral").len(), 1);
    assert_eq!(list.to("penicillamine").len(), 0);
}

/// Signs a note of a visit, or says why it cannot be.
fn signed(session: &Session, text: &str) -> Result<bool, Unready> {
    let visit = visit::begin(session, "p", &visit::KINDS[0]).unwrap();
    let revision = Draft::of(session, "p", &visit).unwrap().revision;
    let (draft, _) = Draft::save(session, ("p", &visit), text, revision).unwrap();
    let draft = signing::begin(session, draft).unwrap()?;
    Ok(signing::finish(session, draft).unwrap())
}

#[test]
fn lr03_a_signed_note_ends_what_said_that_there_is_none() {
    let practice = practice();
    let session = practice.user("u", "Dr. Lee");
    assert_eq!(signed(&session, "/all none"), Ok(true));
    assert_eq!(list(&session).state, State::NoneKnown);
    assert_eq!(signed(&session, "Asked again.\n/all none"), Ok(true));
    assert_eq!(list(&session).none_known.len(), 1, "it is not said twice");
    assert!(matches!(signed(&session, "/all none\n/all latex"), Err(Unready::Mistake(1, _))));
    assert_eq!(signed(&session, "/all penicillin; hives; severe"), Ok(true));
    let known = list(&session);
    assert_eq!((known.state, known.none_known.len()), (State::Known, 0));
    let refused = signed(&session, "Well.\n/all none");
    assert!(matches!(&refused, Err(Unready::Mistake(2, why)) if why.contains("penicillin")), "{refused:?}");
}
