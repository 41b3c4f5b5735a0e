//! Passwords: what is accepted as one, and how it is kept (Argon2id; NIST SP 800-63B §3.1.1).

use crate::{IdentityError, mistake};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

/// Characters at least: with a second factor beside it, length is what counts.
pub const LENGTH_MIN: usize = 12;
/// Characters at most: more is no password but an attack on the processor.
const LENGTH_MAX: usize = 256;

/// The cost (OWASP: 19 MiB, two passes, one lane).
const COST: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A password as it can be checked and not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasswordHash {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl PasswordHash {
    /// Keeps a password that is accepted. `names` are what an attacker would try first: the person's own names.
    pub fn of(password: &str, names: &[&str]) -> Result<Self, IdentityError> {
        accept(password, names)?;
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).expect("the operating system gives randomness");
        let hash = hash(password, &salt, COST).expect("the cost is one that Argon2 takes");
        Ok(Self { cost: COST, salt: salt.to_vec(), hash })
    }

    /// Whether a password is this one.
    pub fn is(&self, password: &str) -> bool {
        let found =
            (password.len() <= LENGTH_MAX * 4).then(|| hash(password, &self.salt, self.cost)).flatten();
        // Compared by their hashes, whose comparison takes the same time wherever they differ.
        found.is_some_and(|found| blake3::hash(&found) == blake3::hash(&self.hash))
    }

    /// Takes the time that a check takes: whoever measures does not learn that there is no such account.
    pub fn pretend(password: &str) {
        std::hint::black_box(hash(
            &password[..password.floor_char_boundary(LENGTH_MAX)],
            &[0; SALT_BYTES],
            COST,
        ));
    }
}

fn hash(password: &str, salt: &[u8], cost: Cost) -> Option<Vec<u8>> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(HASH_BYTES)).ok()?;
    let mut hash = vec![0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

fn accept(password: &str, names: &[&str]) -> Result<(), IdentityError> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return mistake(format!(
            "Take a password of at least {LENGTH_MIN} characters; a few words are easy to keep."
        ));
    }
    if length > LENGTH_MAX {
        return mistake(format!("Take a password of at most {LENGTH_MAX} characters."));
    }
    let plain = password.to_lowercase();
    let is_in = |name: &&str| name.chars().count() > 3 && plain.contains(&name.to_lowercase());
    if names.iter().flat_map(|name| name.split_whitespace()).any(|name| is_in(&name)) {
        return mistake("Take a password without your own name: it is what others try first.");
    }
    let mut letters: Vec<char> = plain.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 || is_run(&plain) {
        return mistake("Take a password that is not one character or a row of the keyboard repeated.");
    }
    Ok(())
}

/// Rows that people type when they are asked for length.
const RUNS: [&str; 4] =
    ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "passwordpassword"];

/// Whether it is part of a row, as often as may be.
fn is_run(plain: &str) -> bool {
    RUNS.iter().any(|run| {
        let endless = run.repeat(plain.chars().count() / run.len() + 2);
        endless.contains(plain) || endless.chars().rev().collect::<String>().contains(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_itself_and_nothing_else() {
        let kept = PasswordHash::of("two brown foxes", &["Ida Ames"]).unwrap();
        let read: PasswordHash = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert!(read.is("two brown foxes"));
        for other in ["two brown foxeS", "", "two brown foxes ", &"x".repeat(10_000)] {
            assert!(!read.is(other), "{other}");
        }
        assert_ne!(PasswordHash::of("two brown foxes", &[]).unwrap(), kept, "each has a salt of its own");
    }

    #[test]
    fn weak_ones_are_refused_with_a_reason() {
        for weak in [
            "short",
            "aaaaaaaaaaaaaaa",
            "ababababababab",
            "qwertyuiopas",
            "123456789012",
            "zyxwvutsrqpon",
            "my name is Ames!",
        ] {
            let refused = PasswordHash::of(weak, &["Ida Ames", "ida"]);
            assert!(matches!(refused, Err(IdentityError::Mistake(_))), "{weak}");
        }
        assert!(PasswordHash::of("Grüße vom See 7", &["Ida Ames"]).is_ok());
    }
}
