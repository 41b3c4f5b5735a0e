//! Creates, reads, updates, patches, deletes and history of one resource.

use super::practice::{Practice, create, delete, key, update};
use access::Actor;
use record::patch::Patch;
use record::write::{Effect, Target, WriteAction, WriteRequest};
use record::{Error, HistoryPage, HistoryScope, Origin, Session};
use store::Expect;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p", "birthDate" : "1985-07-04","active":true}"#;

fn patch(
    session: &Session,
    name: &str,
    patch: &str,
    expect: Expect,
) -> Result<record::write::Written, Error> {
    let patch = Patch::from_json(patch.as_bytes().to_vec())?;
    let action = WriteAction::Patch { target: Target::Key(key(name)), patch, expect };
    session.write(WriteRequest { action, full_url: None })
}

#[test]
fn what_was_sent_comes_back_with_version_and_time() {
    let practice = Practice::new();
    let session = practice.administrator();
    let written = update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    assert_eq!((written.effect, written.version), (Effect::Created, 1));
    let read = session.read(&key("Patient/p")).unwrap();
    assert_eq!(read.body(), PATIENT);
    let json = read.to_json();
    assert!(json.contains(r#""id":"p","meta":{"versionId":"1","lastUpdated":"2023-11-14T22:"#), "{json}");
    assert_eq!(Some(json), written.resource.map(|resource| resource.to_json()));
}

#[test]
fn an_update_makes_a_version_and_the_same_content_does_not() {
    let practice = Practice::new();
    let session = practice.administrator();
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    assert_eq!(update(&session, "Patient/p", PATIENT, Expect::Any).unwrap().effect, Effect::Unchanged);
    let changed = PATIENT.replace("true", "false");
    assert_eq!(update(&session, "Patient/p", &changed, Expect::Version(1)).unwrap().version, 2);
    let conflict = update(&session, "Patient/p", PATIENT, Expect::Version(1)).unwrap_err();
    assert!(matches!(conflict, Error::VersionConflict { current: 2, expected: 1, .. }), "{conflict}");
    let page = HistoryPage { count: 10, ..HistoryPage::default() };
    let history = session.history(&HistoryScope::Resource(key("Patient/p")), &page, "").unwrap();
    assert_eq!(history.iter().map(record::Resource::version).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(session.read_version(&key("Patient/p"), 1).unwrap().body(), PATIENT);
}

#[test]
fn what_is_deleted_is_gone_and_can_come_back() {
    let practice = Practice::new();
    let session = practice.administrator();
    assert!(matches!(session.read(&key("Patient/p")), Err(Error::NotFound(_))));
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    assert_eq!(delete(&session, "Patient/p").unwrap().version, 2);
    assert_eq!(delete(&session, "Patient/p").unwrap().effect, Effect::Deleted);
    assert!(matches!(session.read(&key("Patient/p")), Err(Error::Gone { version: 2, .. })));
    assert_eq!(update(&session, "Patient/p", PATIENT, Expect::Any).unwrap().version, 3);
}

#[test]
fn patches_change_content_and_never_identity() {
    let practice = Practice::new();
    let session = practice.administrator();
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    let replace =
        r#"[{"op":"test","path":"/active","value":true},{"op":"replace","path":"/active","value":false}]"#;
    assert_eq!(patch(&session, "Patient/p", replace, Expect::Any).unwrap().version, 2);
    assert!(session.read(&key("Patient/p")).unwrap().body().contains(r#""active":false"#));
    assert!(patch(&session, "Patient/p", replace, Expect::Any).is_err(), "the test operation fails now");
    let identity = r#"[{"op":"replace","path":"/id","value":"q"}]"#;
    assert!(matches!(patch(&session, "Patient/p", identity, Expect::Any), Err(Error::Request { .. })));
}

#[test]
fn invalid_resources_are_refused_with_their_place_and_nothing_is_written() {
    let practice = Practice::new();
    let session = practice.administrator();
    let error = create(&session, r#"{"resourceType":"Patient","birthDate":"1985-02-30"}"#, None).unwrap_err();
    let Error::Invalid(outcome) = error else { panic!("not refused as invalid: {error}") };
    assert_eq!(outcome.errors().next().unwrap().expression, "Patient.birthDate");
    let patients = session.find(key("Patient/p").type_id, &[]).unwrap();
    assert!(patients.matches.is_empty());
}

#[test]
fn a_guest_may_look_and_not_change() {
    let practice = Practice::new();
    update(&practice.administrator(), "Patient/p", PATIENT, Expect::Any).unwrap();
    let guest = practice.record.session(Actor::guest(), Origin::default());
    assert!(guest.read(&key("Patient/p")).is_ok());
    assert!(matches!(create(&guest, r#"{"resourceType":"Patient"}"#, None), Err(Error::Denied(_))));
    assert!(matches!(delete(&guest, "Patient/p"), Err(Error::Denied(_))));
}
