//! What browsers answer for passkeys: before anybody has signed in, so from anybody.

use super::Target;
use identity::passkey::{Answer, Ceremonies, Site};
use identity::{Account, AccountState};

pub const TARGET: Target = Target {
    name: "passkey",
    help: "what a browser answers for a passkey is read or refused; without a challenge that was given out nothing opens",
    check,
    words: &[
        "\"response\":",
        "\"clientDataJSON\":\"",
        "\"userHandle\":",
        "\"type\":\"public-key\"",
        "webauthn.get",
        "AAAA",
    ],
    cases: 4_000,
};

fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let site = Site::of_url("http://localhost").expect("passkeys hold on localhost");
    let (ceremonies, mut account) = (Ceremonies::new(site), account());
    ceremonies.begin_use().expect("a ceremony begins");
    ceremonies.begin_addition(&account).expect("a ceremony begins");
    assert!(
        ceremonies.add(&account, ("name", text), 0).is_err(),
        "a passkey is added to a challenge of nobody's"
    );
    let Some(answer) = Answer::read(text) else {
        assert!(Answer::read(text).is_none());
        return;
    };
    assert_eq!(answer.account.len(), 36, "{} is no id", answer.account);
    let before = account.clone();
    assert!(ceremonies.check(&mut account, &answer, 0).is_err(), "an answer to nobody's challenge opens");
    assert_eq!(account, before, "what is refused changes nothing");
}

fn account() -> Account {
    Account {
        id: "00000000-0000-0000-0000-000000000000".to_owned(),
        name: "Ida Ames".to_owned(),
        sign_in_name: "ida".to_owned(),
        roles: Vec::new(),
        state: AccountState::Active,
        password: None,
        code: None,
        passkeys: Vec::new(),
        openid: None,
        person: None,
        made_ms: 0,
    }
}
