//! Who did what: everything is written down, and read as AuditEvents.

use super::practice::{Practice, create, delete, key, update};
use access::Actor;
use fhir::Document;
use record::patch::Patch;
use record::session::Found;
use record::write::{Target, WriteAction, WriteRequest};
use record::{Error, HistoryPage, HistoryScope, Origin, Session};
use std::sync::atomic::Ordering;
use store::Expect;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","active":true}"#;
const DAY_MS: i64 = 86_400_000;

fn events(session: &Session, parameters: &[(&str, &str)]) -> Found {
    session.find(key("AuditEvent/x").type_id, parameters).unwrap()
}

/// Action, subtype, outcome, agent and entities of events: `R read 0 Dr A: Patient/p`.
fn lines(found: &Found) -> Vec<String> {
    let documents = found.matches.iter().filter_map(record::Resource::document);
    documents.map(|document| line(&document)).collect()
}

fn line(document: &Document) -> String {
    let root = document.root();
    let first = |list: &str| root.each_of(list).next();
    let text = |name: &str| root.get_str(name).unwrap_or_default().into_owned();
    let subtype = first("subtype").and_then(|coding| coding.get_str("code")).unwrap_or_default().into_owned();
    let agent = first("agent").and_then(|agent| agent.get_str("name")).unwrap_or_default().into_owned();
    let entity = |entity: fhir::Node<'_>| {
        let what = entity.at_path(&["what", "reference"]).and_then(fhir::Node::as_str);
        what.or_else(|| entity.get_str("name"))
            .map_or_else(|| "query".to_owned(), std::borrow::Cow::into_owned)
    };
    let entities: Vec<String> = root.each_of("entity").map(entity).collect();
    format!("{} {subtype} {} {agent}: {}", text("action"), text("outcome"), entities.join(" "))
}

fn observation(session: &Session, id: &str, patient: &str) {
    let json = format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{patient}"}}}}"#
    );
    update(session, &format!("Observation/{id}"), &json, Expect::Any).unwrap();
}

#[test]
fn who_opened_this_chart_in_the_last_thirty_days() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    update(&administrator, "Patient/p", PATIENT, Expect::Any).unwrap();
    update(&administrator, "Patient/other", &PATIENT.replace("\"p\"", "\"other\""), Expect::Any).unwrap();
    observation(&administrator, "o", "Patient/p");
    practice.user("old", "Dr Old").read(&key("Patient/p")).unwrap();
    let since = practice.time_ms.fetch_add(60 * DAY_MS, Ordering::Relaxed) + 30 * DAY_MS;
    practice.user("u1", "Dr One").read(&key("Patient/p")).unwrap();
    practice.user("u2", "Dr Two").find(key("Observation/o").type_id, &[("subject", "Patient/p")]).unwrap();
    practice.user("u3", "Dr Three").read(&key("Patient/other")).unwrap();
    let none = [("patient", "p"), ("code", "none")];
    assert!(
        practice.user("u4", "Dr Four").find(key("Observation/o").type_id, &none).unwrap().matches.is_empty()
    );
    let since = format!("ge{}", record::resource::instant(since));
    let found = events(&administrator, &[("patient", "Patient/p"), ("date", &since)]);
    assert_eq!(
        lines(&found),
        [
            "E search 0 Dr Four: Patient/p query",
            "E search 0 Dr Two: Observation/o Patient/p query",
            "R read 0 Dr One: Patient/p"
        ]
    );
    let all = events(&administrator, &[("patient", "Patient/p"), ("action", "R")]);
    assert_eq!(lines(&all), ["R read 0 Dr One: Patient/p", "R read 0 Dr Old: Patient/p"]);
    let network = r#""network":{"address":"192.0.2.7","type":"2"}"#;
    assert!(all.matches[0].body().contains(network), "{}", all.matches[0].body());
}

#[test]
fn a_write_shows_with_its_agent_and_version() {
    let practice = Practice::new();
    let writer = practice.user("Practitioner/7", "Dr Writer");
    update(&writer, "Patient/p", PATIENT, Expect::Any).unwrap();
    observation(&writer, "o", "Patient/p");
    update(&writer, "Patient/p", &PATIENT.replace("true", "false"), Expect::Any).unwrap();
    delete(&writer, "Observation/o").unwrap();
    let reader = practice.administrator();
    let found = events(&reader, &[("agent", "Practitioner/7"), ("_sort", "-date"), ("_total", "accurate")]);
    assert_eq!(
        lines(&found),
        [
            "D delete 0 Dr Writer: Observation/o Patient/p",
            "U update 0 Dr Writer: Patient/p",
            "C create 0 Dr Writer: Observation/o Patient/p",
            "C create 0 Dr Writer: Patient/p"
        ]
    );
    assert_eq!(found.total, Some(4));
    assert!(found.matches[1].body().contains(r#"{"type":"version","valueString":"2"}"#));
    let one = found.matches[1].key().clone();
    assert_eq!(reader.read(&one).unwrap(), found.matches[1]);
    assert_eq!(reader.read_version(&one, 1).unwrap(), found.matches[1]);
    assert!(matches!(reader.read_version(&one, 2), Err(Error::NotFound(_))));
    assert!(matches!(reader.read(&key("AuditEvent/w-99")), Err(Error::NotFound(_))));
    assert_eq!(events(&reader, &[("_id", &one.id)]).matches, [found.matches[1].clone()]);
    let by_sort = reader.find(one.type_id, &[("_sort", "date")]);
    assert!(matches!(by_sort, Err(Error::Search(_))));
}

#[test]
fn refusals_and_failures_show() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    update(&administrator, "Patient/p", PATIENT, Expect::Any).unwrap();
    let guest = practice.record.session(Actor::guest(), Origin::default());
    assert!(matches!(delete(&guest, "Patient/p"), Err(Error::Denied(_))));
    let user = practice.user("u", "User");
    user.read(&key("Patient/nobody")).unwrap_err();
    update(&user, "Patient/p", PATIENT, Expect::Version(9)).unwrap_err();
    let patch = Patch::from_json(br#"[{"op":"test","path":"/active","value":false}]"#.to_vec()).unwrap();
    let action = WriteAction::Patch { target: Target::Key(key("Patient/p")), patch, expect: Expect::Any };
    user.write(WriteRequest { action, full_url: None }).unwrap_err();
    user.history(&HistoryScope::Resource(key("Patient/no")), &HistoryPage::default(), "").unwrap_err();
    assert_eq!(lines(&events(&administrator, &[("outcome", "8")])), ["D delete 8 Guest: Patient"]);
    assert_eq!(
        lines(&events(&administrator, &[("outcome", "4"), ("altid", "u")])),
        [
            "R read 4 User: Patient/no",
            "U update 4 User: Patient/p",
            "U update 4 User: Patient/p",
            "R read 4 User: Patient/nobody"
        ]
    );
}

#[test]
fn a_write_that_changes_nothing_is_a_look_and_is_written_down() {
    let practice = Practice::new();
    let user = practice.user("u", "User");
    update(&user, "Patient/p", PATIENT, Expect::Any).unwrap();
    update(&user, "Patient/p", PATIENT, Expect::Any).unwrap();
    create(&user, r#"{"resourceType":"Patient"}"#, Some("_id=p")).unwrap();
    delete(&user, "Patient/none").unwrap();
    let found = events(&user, &[]);
    assert_eq!(
        lines(&found),
        [
            "D delete 0 User: Patient/none",
            "R read 0 User: Patient/p query",
            "U update 0 User: Patient/p",
            "C create 0 User: Patient/p"
        ]
    );
    // The look at the log is in the log.
    assert!(lines(&events(&user, &[]))[0].starts_with("E search 0 User: AuditEvent/"));
}

#[test]
fn nobody_writes_the_log() {
    let practice = Practice::new();
    let session = practice.administrator();
    let event = r#"{"resourceType":"AuditEvent","type":{"code":"rest"},"recorded":"2025-01-01T00:00:00Z",
"agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}"#;
    assert!(matches!(create(&session, event, None), Err(Error::Rule(_))));
    assert!(matches!(delete(&session, "AuditEvent/w-1"), Err(Error::Rule(_))));
    assert_eq!(lines(&events(&session, &[("outcome", "4")])).len(), 2);
}

#[test]
fn pages_follow_each_other_and_events_are_valid() {
    let practice = Practice::new();
    let session = practice.administrator();
    for number in 0..30 {
        observation(&session, &format!("o{number}"), "Patient/p");
        session.read(&key(&format!("Observation/o{number}"))).unwrap();
    }
    let type_id = key("AuditEvent/x").type_id;
    let mut request = session
        .parse_search(Some(type_id), None, &[("_count".into(), "7".into())], Default::default())
        .unwrap();
    let mut seen = Vec::new();
    loop {
        let found = session.search(&request).unwrap();
        seen.extend(found.matches);
        request.query.cursor = found.next;
        if request.query.cursor.is_none() {
            break;
        }
    }
    let mut keys: Vec<_> = seen.iter().map(|event| event.key().to_string()).collect();
    assert_eq!(keys.len(), 60);
    assert!(seen.windows(2).all(|pair| pair[0].updated_ms() >= pair[1].updated_ms()));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 60, "each once");
    for event in &seen {
        let document = Document::parse(event.body()).unwrap();
        let ports = practice.record.ports();
        let outcome = validation::Validated::new(document, ports, &validation::Settings::default());
        assert!(outcome.is_ok(), "{}", event.body());
    }
    let included = session
        .find(type_id, &[("action", "R"), ("entity", "Observation/o3"), ("_include", "AuditEvent:entity")]);
    let included = included.unwrap().included;
    assert_eq!(included.iter().map(|one| one.key().to_string()).collect::<Vec<_>>(), ["Observation/o3"]);
    request.query.cursor = Some("nonsense".to_owned());
    assert!(session.search(&request).is_err());
}

#[test]
fn credentials_show_for_whom_and_cannot_widen() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    let kind = record::credential::CredentialKind::BearerToken;
    let guest = Actor::guest();
    administrator.issue_credential(kind, &guest, i64::MAX).unwrap();
    let found = events(&administrator, &[("subtype", "110137")]);
    assert_eq!(lines(&found), ["E 110137 0 Local administrator: bearer-token made for guest"]);
    let wider = Actor { roles: vec!["administrator".to_owned()], ..Actor::guest() };
    let session = practice.record.session(guest.clone(), Origin::default());
    assert!(matches!(session.issue_credential(kind, &wider, i64::MAX), Err(Error::Denied(_))));
    assert!(session.issue_credential(kind, &guest, i64::MAX).is_ok());
}

#[test]
fn a_long_log_is_read_in_bounded_steps() {
    let practice = Practice::new();
    let session = practice.administrator();
    update(&session, "Patient/p", PATIENT, Expect::Any).unwrap();
    let busy = practice.user("busy", "Busy");
    for number in 0..60_000 {
        let id = if number == 10 { "q" } else { "p" };
        let _ = busy.read(&key(&format!("Patient/{id}")));
    }
    // Passed by without a look: there is only one row of that name.
    assert_eq!(events(&session, &[("entity", "Patient/q")]).matches.len(), 1);
    let costly = session.find(key("AuditEvent/x").type_id, &[("agent-name", "nobody")]);
    assert!(costly.unwrap_err().to_string().contains("too costly"));
    assert_eq!(events(&session, &[("altid", "busy")]).matches.len(), 50);
}
