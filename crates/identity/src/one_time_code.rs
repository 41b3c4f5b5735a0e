//! One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds).

use crate::{IdentityError, mistake};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;

const STEP_MS: i64 = 30_000;
const DIGITS: u32 = 1_000_000;
/// Bytes of a secret: as long as the hash (RFC 4226 §4).
const SECRET_BYTES: usize = 20;
/// Steps that an app's clock may be off, either way.
const SKEW: i64 = 1;

/// The letters of base 32 (RFC 4648 §6).
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What codes are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSecret {
    secret: Vec<u8>,
    /// The last step that a code was used of: none is used twice.
    last_step: i64,
}

impl CodeSecret {
    /// A new one.
    pub fn random() -> Self {
        let mut secret = vec![0; SECRET_BYTES];
        getrandom::fill(&mut secret).expect("the operating system gives randomness");
        Self { secret, last_step: 0 }
    }

    /// Reads what [`CodeSecret::text`] wrote, as it is typed into an app; `None` when it is none.
    pub fn of_text(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|letter| !letter.is_whitespace());
        let five =
            |letter: char| BASE_32.iter().position(|known| char::from(*known) == letter.to_ascii_uppercase());
        let numbers = letters.map(five).collect::<Option<Vec<_>>>()?;
        let bits = numbers.iter().flat_map(|number| (0..5).rev().map(move |bit| number >> bit & 1));
        let bits: Vec<usize> = bits.collect();
        let byte = |eight: &[usize]| u8::try_from(eight.iter().fold(0, |byte, bit| byte << 1 | bit)).ok();
        let secret = bits.chunks_exact(8).map(byte).collect::<Option<Vec<_>>>()?;
        (!secret.is_empty()).then_some(Self { secret, last_step: 0 })
    }

    /// The secret of somebody whose app has it: the code of this moment shows that, and is used up.
    pub fn shown_by(&self, code: &str, now_ms: i64) -> Result<Self, IdentityError> {
        let mut secret = self.clone();
        match secret.secret.len() == SECRET_BYTES && secret.use_code(code, now_ms) {
            true => Ok(secret),
            false => mistake(
                "The six digits are not those of this moment. Look at your app again, and at its clock.",
            ),
        }
    }

    /// Uses a code up; false when it is not the one of this moment, or was used already.
    pub fn use_code(&mut self, code: &str, now_ms: i64) -> bool {
        let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let now = now_ms.div_euclid(STEP_MS);
        let steps = now - SKEW..=now + SKEW;
        let found = steps.filter(|step| *step > self.last_step).find(|step| self.code_of(*step) == digits);
        self.last_step = found.unwrap_or(self.last_step);
        found.is_some()
    }

    /// The code of a moment.
    pub fn code_at(&self, now_ms: i64) -> String {
        self.code_of(now_ms.div_euclid(STEP_MS))
    }

    fn code_of(&self, step: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("any length is a key");
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 0xf);
        let word = u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
        format!("{:06}", word % DIGITS)
    }

    /// The secret as apps take it when it is typed (RFC 4648 base 32, no padding).
    pub fn text(&self) -> String {
        let bits = self.secret.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let bits: Vec<u8> = bits.collect();
        let letter = |five: &[u8]| {
            let number = (0..5).fold(0, |number, at| number << 1 | five.get(at).copied().unwrap_or(0));
            char::from(BASE_32[usize::from(number)])
        };
        bits.chunks(5).map(letter).collect()
    }

    /// The secret as apps take it from a picture (Key URI Format).
    pub fn url(&self, sign_in_name: &str) -> String {
        let name: String = sign_in_name
            .bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        format!("otpauth://totp/Chiron:{name}?secret={}&issuer=Chiron", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, and its codes, less the two first of eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = CodeSecret { secret: b"12345678901234567890".to_vec(), last_step: 0 };
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code_at(seconds * 1000), code);
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(CodeSecret::of_text("gezd gnbv gy3t qojq gezd gnbv gy3t qojq"), Some(secret.clone()));
        assert_eq!((CodeSecret::of_text("1!"), CodeSecret::of_text("")), (None, None));
        assert!(secret.url("ida ames").starts_with("otpauth://totp/Chiron:ida%20ames?secret=GEZD"));
    }

    #[test]
    fn a_code_is_used_once_and_in_its_time() {
        let mut secret = CodeSecret::random();
        let now = 1_700_000_000_000;
        let (before, code) = (secret.code_at(now - STEP_MS), secret.code_at(now));
        assert!(!secret.use_code(&secret.code_at(now - 2 * STEP_MS), now), "too old");
        assert!(!secret.clone().use_code("000", now) && !secret.clone().use_code("", now));
        assert!(secret.use_code(&format!("{} {}", &code[..3], &code[3..]), now));
        assert!(!secret.use_code(&code, now), "used");
        assert!(!secret.use_code(&before, now), "older than the one that was used");
        assert!(secret.use_code(&secret.code_at(now + STEP_MS), now + STEP_MS));
    }
}
