//! What stands around every page: who is signed in, and which style and script.

use crate::page::type_named;
use crate::{assets, moment, words};
use identity::passkey::Site;
use record::{Error, Session};

/// The frame of a page.
pub(crate) struct Shell {
    /// The signed-in user's name; empty when nobody is.
    pub user: String,
    /// The id of their account.
    pub who: String,
    /// Whether browsers have passkeys for these pages.
    pub has_passkeys: bool,
    /// Whether they see to the people of the practice.
    pub is_administrator: bool,
    /// Whether they are a patient, or stand for one.
    pub is_patient: bool,
    /// Whether they have an inbox: those who work with tasks of the practice.
    pub has_inbox: bool,
    /// Whether they may write down what was given to others.
    pub may_disclose: bool,
    /// How many emergencies wait to be looked at, for who sees the audit log; `None` for others.
    pub emergencies: Option<usize>,
    /// Until when they see this patient's record by an emergency; empty: they do not.
    pub emergency_until: String,
    /// Today on the practice's wall; empty when nobody is signed in.
    pub today: String,
    /// Where the page follows what changes; empty when it does not.
    pub live: String,
    /// Where the style is.
    pub style: &'static str,
    /// Where the script is.
    pub script: &'static str,
}

impl Shell {
    pub(crate) fn of(session: Option<&Session>) -> Self {
        Self {
            user: session.map(|session| session.actor().name.clone()).unwrap_or_default(),
            who: session.map(|session| session.actor().id.clone()).unwrap_or_default(),
            has_passkeys: session.is_some_and(|session| Site::of_url(session.record().base_url()).is_some()),
            is_administrator: session
                .is_some_and(|session| session.actor().roles.iter().any(|role| role == "administrator")),
            is_patient: session.is_some_and(|session| !session.represented().is_empty()),
            has_inbox: session.is_some_and(has_inbox),
            may_disclose: session.is_some_and(Session::may_disclose),
            emergencies: session.and_then(Session::emergencies_to_review),
            emergency_until: String::new(),
            today: session.map(|session| today(session.record().now_ms())).unwrap_or_default(),
            live: String::new(),
            style: assets::style_path(),
            script: assets::script_path(),
        }
    }
}

impl Shell {
    /// The frame of a page that follows what changes in a patient's record, or in every one. Made before the page's data
    /// is read: what is written meanwhile is told again.
    pub(crate) fn following(session: &Session, patient: Option<&str>) -> Result<Self, Error> {
        let after = session.record().feed()?.newest();
        let of = patient.map(|id| format!("&patient={id}")).unwrap_or_default();
        let emergency = patient.map(|id| session.emergency_with(id)).transpose()?.flatten();
        let emergency_until = emergency.map(|one| moment::day_and_time(one.ends_ms)).unwrap_or_default();
        Ok(Self { live: format!("/live?after={after}{of}"), emergency_until, ..Self::of(Some(session)) })
    }
}

fn has_inbox(session: &Session) -> bool {
    type_named("Task").is_ok_and(|task| session.may_search(task)) && session.represented().is_empty()
}

fn today(now_ms: i64) -> String {
    moment::today(now_ms)
        .map(|day| format!("{} {}", moment::weekday(day), words::date(&day.to_string())))
        .unwrap_or_default()
}
