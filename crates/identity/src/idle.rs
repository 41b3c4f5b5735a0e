//! How long a person stays signed in without doing anything: by role, for a front desk stands in the open and an office does not.

use access::Actor;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;

/// Times without use after which a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleTimes {
    others_ms: i64,
    by_role_ms: BTreeMap<String, i64>,
}

impl IdleTimes {
    /// The same for everybody, in milliseconds.
    pub fn all(ms: i64) -> Self {
        Self { others_ms: ms, by_role_ms: BTreeMap::new() }
    }

    /// Reads minutes, and those of roles behind them: `15, front-desk=5, auditor=30`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let minutes = |text: &str| {
            let number = text.trim().parse::<u16>().ok().filter(|minutes| *minutes > 0);
            number.map(|minutes| i64::from(minutes) * MINUTE_MS).ok_or(format!(
                "minutes are a whole number from 1, and those of roles stand behind: 15, front-desk=5; not '{text}'"
            ))
        };
        let mut entries = text.split(',');
        let mut times = Self::all(minutes(entries.next().unwrap_or_default())?);
        for entry in entries {
            let (role, number) = entry.split_once('=').ok_or(format!("'{entry}' is no role=minutes"))?;
            times.by_role_ms.insert(role.trim().to_owned(), minutes(number)?);
        }
        Ok(times)
    }

    /// The roles that have a time of their own.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.by_role_ms.keys().map(String::as_str)
    }

    /// The time of an actor, in milliseconds: the shortest of those that their roles have.
    pub fn of(&self, actor: &Actor) -> i64 {
        let own = actor.roles.iter().filter_map(|role| self.by_role_ms.get(role));
        own.min().copied().unwrap_or(self.others_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d5_the_shortest_time_of_the_roles_counts() {
        let times = IdleTimes::parse("15, front-desk=5,auditor = 30").unwrap();
        let of = |roles: &[&str]| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            times.of(&Actor { roles, ..Actor::default() }) / MINUTE_MS
        };
        assert_eq!((of(&["clinician"]), of(&["front-desk"]), of(&["auditor"])), (15, 5, 30));
        assert_eq!((of(&["auditor", "front-desk"]), of(&[])), (5, 15));
        assert_eq!(times.roles().collect::<Vec<_>>(), ["auditor", "front-desk"]);
        for wrong in ["", "0", "15,5", "15,nurse=0", "x", "15,nurse=x", "-1"] {
            assert!(IdleTimes::parse(wrong).is_err(), "{wrong}");
        }
    }
}
