//! Tokens: codes, identifiers, contact points, booleans (R4 search §3.1.1.4.10).

use crate::escape::{split, unescape};
use crate::fold::fold;
use crate::form::Form;
use crate::hash;
use crate::matcher::Ports;
use crate::path::Leaf;
use fhir::Node;
use std::borrow::Cow;

/// A token in a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub system: Option<Cow<'a, str>>,
    pub code: Option<Cow<'a, str>>,
    pub kind: TokenKind,
}

/// How a token's system and code are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// With a system of its own, or none.
    Own,
    /// A `code`, `boolean` or the like: the system is implied by the value set, not written.
    Implied(Option<&'static str>),
    /// A phone number or address: compared without case, numbers without punctuation.
    Contact,
}

/// Which systems a token may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemTest {
    /// Any, or none.
    Any,
    /// None.
    Absent,
    /// This one.
    Is(String),
}

/// A condition on a token.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenTest {
    /// `system|code`; no code: any of the system.
    Code {
        /// The systems.
        system: SystemTest,
        /// The code.
        code: Option<String>,
    },
    /// `:text`: the words beside the code begin so. Folded.
    Text(String),
    /// `:of-type`: an identifier by its type and value.
    OfType {
        /// The system of the type; empty: any.
        system: String,
        /// The code of the type.
        code: String,
        /// The identifier's value.
        value: String,
    },
    /// `:in`: in a value set.
    In {
        /// The value set's URL.
        value_set: String,
        /// The codes in it, when they are few.
        codes: Option<Vec<String>>,
    },
    /// `:below`, `:above`: a code or what it subsumes, or what subsumes it.
    Subsumption {
        /// The code system.
        system: String,
        /// The code.
        code: String,
        /// True for `:above`.
        above: bool,
    },
}

/// The system of booleans, when somebody names one.
const SPECIAL_VALUES: &str = "http://terminology.hl7.org/CodeSystem/special-values";

/// Calls `visit` for each token of a value until it returns true; gives whether it did.
pub(crate) fn tokens<'a>(node: Node<'a>, leaf: Leaf, visit: &mut dyn FnMut(Token<'a>) -> bool) -> bool {
    let own = |system: Option<Cow<'a, str>>, code: Option<Cow<'a, str>>| Token {
        system,
        code,
        kind: TokenKind::Own,
    };
    match leaf.form {
        Form::Coding => visit(own(node.get_str("system"), node.get_str("code"))),
        Form::CodeableConcept => {
            node.each_of("coding").any(|coding| visit(own(coding.get_str("system"), coding.get_str("code"))))
        }
        Form::Identifier => visit(own(node.get_str("system"), node.get_str("value"))),
        Form::ContactPoint => visit(Token {
            system: node.get_str("system"),
            code: node.get_str("value"),
            kind: TokenKind::Contact,
        }),
        Form::Quantity => visit(own(node.get_str("system"), node.get_str("code"))),
        Form::Code => {
            visit(Token { system: None, code: node.scalar(), kind: TokenKind::Implied(leaf.value_set) })
        }
        Form::Boolean => {
            visit(Token { system: None, code: node.scalar(), kind: TokenKind::Implied(Some(SPECIAL_VALUES)) })
        }
        Form::Answer(answer) => {
            let code = if answer { "true" } else { "false" };
            let kind = TokenKind::Implied(Some(SPECIAL_VALUES));
            visit(Token { system: None, code: Some(code.into()), kind })
        }
        Form::Text | Form::Uri | Form::Canonical | Form::Integer | Form::Decimal => {
            visit(own(None, node.scalar()))
        }
        Form::Reference => node
            .get("identifier")
            .is_some_and(|identifier| visit(own(identifier.get_str("system"), identifier.get_str("value")))),
        _ => false,
    }
}

impl Token<'_> {
    /// The hash for rows and signatures.
    pub(crate) fn hash(&self) -> Option<i64> {
        let code = self.code.as_deref()?;
        Some(match self.kind {
            TokenKind::Contact => hash::of_token(&contact(code)),
            _ => hash::of_token(code),
        })
    }
}

/// A phone number without punctuation, or an address as it is, in small letters.
pub(crate) fn contact(text: &str) -> Cow<'_, str> {
    let is_number = text.chars().filter(char::is_ascii_digit).count() >= 3
        && text.chars().all(|c| c.is_ascii_digit() || "+()-./ x".contains(c));
    if is_number {
        Cow::Owned(text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | 'x')).collect())
    } else {
        Cow::Owned(text.trim().to_lowercase())
    }
}

impl TokenTest {
    /// Reads `code`, `system|code`, `|code` or `system|`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = split(text, '|');
        let (system, code) = match parts.as_slice() {
            [code] => (SystemTest::Any, *code),
            ["", code] => (SystemTest::Absent, *code),
            [system, code] => (SystemTest::Is(unescape(system).into_owned()), *code),
            _ => return Err(r"more than one |; write system|code, and \| for a | in a code".to_owned()),
        };
        let code = Some(unescape(code).into_owned()).filter(|code| !code.is_empty());
        if code.is_none() && !matches!(system, SystemTest::Is(_)) {
            return Err("a code is missing; write code or system|code".to_owned());
        }
        Ok(Self::Code { system, code })
    }

    /// Reads the value of `:of-type`: `system|code|value`.
    pub(crate) fn parse_of_type(text: &str) -> Result<Self, String> {
        let parts: Vec<String> =
            split(text, '|').into_iter().map(|part| unescape(part).into_owned()).collect();
        match <[String; 3]>::try_from(parts) {
            Ok([system, code, value]) if !code.is_empty() && !value.is_empty() => {
                Ok(Self::OfType { system, code, value })
            }
            _ => Err("write system|code|value: the identifier type and the identifier".to_owned()),
        }
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> bool {
        match self {
            Self::Code { system, code } => {
                tokens(node, leaf, &mut |token| code_holds(system, code.as_deref(), &token, ports))
            }
            Self::Text(text) => texts(node, leaf, &mut |found| fold(found).starts_with(text.as_str())),
            Self::OfType { system, code, value } => {
                leaf.form == Form::Identifier
                    && node.get_str("value").as_deref() == Some(value)
                    && node.each_of("type").flat_map(|kind| kind.each_of("coding")).any(|coding| {
                        coding.get_str("code").as_deref() == Some(code)
                            && (system.is_empty() || coding.get_str("system").as_deref() == Some(system))
                    })
            }
            Self::In { value_set, .. } => tokens(node, leaf, &mut |token| {
                let Some(code) = token.code.as_deref() else { return false };
                let system = token.system.as_deref();
                ports.value_set_contains(value_set, system, code) == Some(true)
            }),
            Self::Subsumption { system, code, above } => tokens(node, leaf, &mut |token| {
                let Some(found) = token.code.as_deref() else { return false };
                if !system_holds(system, &token, ports) {
                    return false;
                }
                let (ancestor, descendant) =
                    if *above { (found, code.as_str()) } else { (code.as_str(), found) };
                found == code || ports.subsumes(system, ancestor, descendant) == Some(true)
            }),
        }
    }

    /// Hashes of which a value that meets the condition has at least one; `None` when none can be named. `contacts`:
    /// some values may be contact points.
    pub(crate) fn hashes(&self, contacts: bool) -> Option<Vec<i64>> {
        let of_code = |code: &str| code_hashes(code, contacts);
        match self {
            Self::Code { code, .. } => Some(of_code(code.as_deref()?)),
            Self::OfType { value, .. } => Some(of_code(value)),
            Self::In { codes, .. } => Some(codes.as_ref()?.iter().flat_map(|code| of_code(code)).collect()),
            Self::Text(_) | Self::Subsumption { .. } => None,
        }
    }
}

/// The hashes that a code may have: as it is, and as a contact point.
fn code_hashes(code: &str, contacts: bool) -> Vec<i64> {
    let mut hashes = vec![hash::of_token(code)];
    if contacts {
        hashes.push(hash::of_token(&contact(code)));
        hashes.dedup();
    }
    hashes
}

fn code_holds(system: &SystemTest, code: Option<&str>, token: &Token<'_>, ports: &dyn Ports) -> bool {
    let code_fits = match (code, token.code.as_deref()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(code), Some(found)) if token.kind == TokenKind::Contact => contact(code) == contact(found),
        (Some(code), Some(found)) => code == found,
    };
    code_fits
        && match system {
            SystemTest::Any => true,
            SystemTest::Absent => {
                token.system.is_none() && (token.kind == TokenKind::Own || token.kind == TokenKind::Contact)
            }
            SystemTest::Is(system) => system_holds(system, token, ports),
        }
}

/// Whether a token is of a system. Where it is implied by the value set, terminology says, and without its word the
/// naming rule of the standard's own code systems does.
fn system_holds(system: &str, token: &Token<'_>, ports: &dyn Ports) -> bool {
    match token.kind {
        TokenKind::Own | TokenKind::Contact => token.system.as_deref() == Some(system),
        TokenKind::Implied(None) => true,
        TokenKind::Implied(Some(value_set)) => {
            let code = token.code.as_deref().unwrap_or_default();
            match ports.value_set_contains(value_set, Some(system), code) {
                Some(contained) => contained,
                None => last_segment(system) == last_segment(value_set),
            }
        }
    }
}

fn last_segment(url: &str) -> &str {
    let url = url.split('|').next().unwrap_or(url);
    url.rsplit('/').next().unwrap_or(url)
}

/// Calls `visit` for the texts beside a token until it returns true.
fn texts<'a>(node: Node<'a>, leaf: Leaf, visit: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut text = |node: Node<'a>, name: &str| node.get_str(name).is_some_and(|text| visit(&text));
    match leaf.form {
        Form::CodeableConcept => {
            text(node, "text") || node.each_of("coding").any(|coding| text(coding, "display"))
        }
        Form::Coding | Form::Reference => text(node, "display"),
        Form::Identifier => node.get("type").is_some_and(|kind| {
            text(kind, "text") || kind.each_of("coding").any(|coding| text(coding, "display"))
        }),
        Form::ContactPoint => text(node, "value"),
        _ => node.scalar().is_some_and(|text| visit(&text)),
    }
}
