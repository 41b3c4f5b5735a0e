//! The policy is the practice's to change, and nobody's who is no administrator.

use crate::practice::{Practice, create, key};
use access::Actor;
use record::policy_tables::PolicyTables;
use record::{Error, Origin};

fn of_role(practice: &Practice, role: &str) -> record::Session {
    let actor = Actor { id: role.to_owned(), roles: vec![role.to_owned()], ..Actor::default() };
    practice.record.session(actor, Origin::default())
}

#[test]
fn a_changed_policy_holds_at_once_and_can_be_put_back() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    create(&administrator, r#"{"resourceType":"Patient","active":true}"#, None).unwrap();
    let patient = key("Patient/made-0");
    let nurse = of_role(&practice, "nurse");
    assert!(nurse.read(&patient).is_ok());
    let mut tables = practice.record.policy_tables().unwrap();
    tables.roles = "administrator\tcrudsxe\t*\nnurse\trs\tObservation\ntriage\tr\tPatient\n".to_owned();
    assert!(matches!(nurse.change_policy(Some(&tables)), Err(Error::Denied(_))));
    administrator.change_policy(Some(&tables)).unwrap();
    assert!(matches!(nurse.read(&patient), Err(Error::Denied(_))));
    assert!(of_role(&practice, "triage").read(&patient).is_ok());
    assert_eq!(practice.record.roles(), ["administrator", "nurse", "triage"]);
    administrator.change_policy(None).unwrap();
    assert!(nurse.read(&patient).is_ok());
    assert_eq!(practice.record.policy_tables().unwrap(), PolicyTables::built_in());
}

#[test]
fn a_policy_that_is_not_understood_or_locks_everybody_out_changes_nothing() {
    let practice = Practice::new();
    let administrator = practice.administrator();
    let built_in = PolicyTables::built_in();
    let bad = [
        ("nurse\tr\tPatiens\n", "line 1: 'Patiens'"),
        ("nurse\trs\t*\n", "administrator must keep"),
        ("administrator\trs\t*\n", "administrator must keep"),
    ];
    for (roles, expected) in bad {
        let tables = PolicyTables { roles: roles.to_owned(), ..built_in.clone() };
        let error = administrator.change_policy(Some(&tables)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(practice.record.policy_tables().unwrap(), built_in);
}
