//! `encode`, `decode`, `escape`, `unescape` (FHIRPath 3.0, §5.6).

use super::{Definition, row};
use crate::collection::Collection;
use crate::evaluate::{Evaluator, Result, Scope, string};
use crate::item::Item;
use crate::syntax::Call;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use std::fmt::Write;

pub(super) const FUNCTIONS: &[Definition] = &[
    row("encode", 1, 1, |e, c, s| by_format(e, c, s, encode)),
    row("decode", 1, 1, |e, c, s| by_format(e, c, s, decode)),
    row("escape", 1, 1, |e, c, s| by_format(e, c, s, escape)),
    row("unescape", 1, 1, |e, c, s| by_format(e, c, s, unescape)),
];

fn by_format<'a>(
    evaluator: &Evaluator<'_, 'a>,
    call: &'a Call,
    scope: Scope<'_, 'a>,
    function: fn(&str, &str) -> Option<String>,
) -> Result<Collection<'a>> {
    let text = string(&evaluator.input(call, scope)?, call.function.name)?;
    let format = string(&evaluator.argument(call, 0, scope)?, call.function.name)?;
    let (Some(text), Some(format)) = (text, format) else { return Ok(Collection::EMPTY) };
    evaluator.spend(text.len() as u64)?;
    Ok(function(&text, &format).map(Item::from).into())
}

fn encode(text: &str, format: &str) -> Option<String> {
    match format {
        "base64" => Some(STANDARD.encode(text)),
        "urlbase64" => Some(URL_SAFE.encode(text)),
        "hex" => Some(text.bytes().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })),
        _ => None,
    }
}

fn decode(text: &str, format: &str) -> Option<String> {
    let bytes = match format {
        "base64" => STANDARD.decode(text).ok()?,
        "urlbase64" => URL_SAFE.decode(text).ok()?,
        "hex" => unhex(text)?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    bytes.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// Characters with a meaning in HTML and how they are written.
const ENTITIES: [(char, &str); 5] =
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];

fn escape(text: &str, target: &str) -> Option<String> {
    match target {
        "html" => Some(text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
            match ENTITIES.iter().find(|row| row.0 == character) {
                Some((_, entity)) => escaped.push_str(entity),
                None => escaped.push(character),
            }
            escaped
        })),
        "json" => {
            let mut quoted = String::with_capacity(text.len() + 2);
            fhir::value::write_string(&mut quoted, text);
            Some(quoted[1..quoted.len() - 1].to_owned())
        }
        _ => None,
    }
}

fn unescape(text: &str, target: &str) -> Option<String> {
    match target {
        "html" => Some(unescape_html(text)),
        "json" => {
            // Quotes that stand bare are meant as they are; the reader wants them escaped.
            let mut quoted = String::with_capacity(text.len() + 2);
            let mut is_escaped = false;
            for character in text.chars() {
                if character == '"' && !is_escaped {
                    quoted.push('\\');
                }
                is_escaped = character == '\\' && !is_escaped;
                quoted.push(character);
            }
            let document = fhir::Document::parse(format!("\"{quoted}\"")).ok()?;
            document.root().as_str().map(std::borrow::Cow::into_owned)
        }
        _ => None,
    }
}

fn unescape_html(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        unescaped.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity =
            rest.find(';').map(|end| &rest[..=end]).and_then(|entity| Some((entity, meaning(entity)?)));
        match entity {
            Some((entity, character)) => {
                unescaped.push(character);
                rest = &rest[entity.len()..];
            }
            None => {
                unescaped.push('&');
                rest = &rest[1..];
            }
        }
    }
    unescaped.push_str(rest);
    unescaped
}

fn meaning(entity: &str) -> Option<char> {
    if let Some((character, _)) = ENTITIES.iter().find(|row| row.1 == entity) {
        return Some(*character);
    }
    let code = entity.strip_prefix("&#")?.strip_suffix(';')?;
    let number = match code.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(number.ok()?)
}
