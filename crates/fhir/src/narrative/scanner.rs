//! A scanner for the XML of one `div`: tags balanced, attributes quoted, entities known; stops at the first fault.

use super::allowed;
use crate::quoted::quoted;

/// Whether there is something to read in the narrative.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Text or a picture.
    Something,
    /// Blanks only.
    Nothing,
}

/// What sort of rule is broken.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum FaultSort {
    /// It is no XML.
    NotWellFormed,
    /// Elements or attributes that no narrative may have (txt-1).
    NotAllowed,
    /// What acts, or loads from elsewhere.
    Active,
}

/// What is wrong and how to mend it.
#[derive(Debug)]
pub struct Fault {
    /// Which sort of rule is broken.
    pub sort: FaultSort,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Open elements deeper than this are refused.
const DEPTH_MAX: usize = 200;

const NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

type Step<T = ()> = Result<T, Fault>;

fn fault<T>(sort: FaultSort, message: impl Into<String>) -> Step<T> {
    Err(Fault { sort, message: message.into() })
}

fn broken<T>(message: impl Into<String>) -> Step<T> {
    fault(FaultSort::NotWellFormed, message)
}

/// A part of a narrative.
#[derive(Debug)]
pub enum Part<'t, 's> {
    /// An element's opening tag: how many elements are around it, and its attributes with their values as written.
    Element(usize, &'t str, &'s [(&'t str, &'t str)]),
    /// Text that is not only blanks: how many elements are around it.
    Text(usize, &'t str),
}

/// Scans a narrative from its `<div` to its `</div>`.
///
/// # Errors
/// The first fault.
pub fn scan(text: &str) -> Step<Content> {
    scan_parts(text, &mut |_| {})
}

/// The same; `visit` is called with each part that was read, in order.
///
/// # Errors
/// The first fault.
pub fn scan_parts<'t>(text: &'t str, visit: &mut dyn FnMut(Part<'t, '_>)) -> Step<Content> {
    let mut scanner = Scanner { rest: text.trim_ascii(), open: Vec::new(), content: Content::Nothing, visit };
    if !scanner.rest.starts_with("<div") {
        return broken("the narrative must be one <div xmlns=\"http://www.w3.org/1999/xhtml\"> element");
    }
    if let Some(letter) = text.chars().find(|letter| !is_character(*letter)) {
        return broken(format!("the character {} has no place in XML; remove it", letter.escape_unicode()));
    }
    scanner.step()?;
    while !scanner.open.is_empty() {
        scanner.step()?;
    }
    if scanner.rest.is_empty() {
        Ok(scanner.content)
    } else {
        broken("there is more behind the closing </div>; put it inside")
    }
}

/// The characters of XML (XML §2.2).
fn is_character(letter: char) -> bool {
    !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

struct Scanner<'t, 'v> {
    rest: &'t str,
    open: Vec<&'t str>,
    content: Content,
    visit: &'v mut dyn FnMut(Part<'t, '_>),
}

impl<'t> Scanner<'t, '_> {
    /// One tag, comment or run of text.
    fn step(&mut self) -> Step {
        let Some(at) = self.rest.find('<') else {
            let name = self.open.last().unwrap_or(&"div");
            return broken(format!("<{name}> is not closed; add </{name}>"));
        };
        if at > 0 {
            let (run, rest) = self.rest.split_at(at);
            self.rest = rest;
            return self.run(run);
        }
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            // The first two hyphens must be those of the end (XML §2.5).
            let Some((_, behind)) = rest.split_once("--") else {
                return broken("a comment is not closed; add -->");
            };
            let Some(behind) = behind.strip_prefix('>') else {
                return broken("a comment holds two hyphens side by side; take one away");
            };
            self.rest = behind;
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            self.rest = rest;
            return self.close();
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            return fault(
                FaultSort::NotAllowed,
                "declarations, CDATA and processing instructions are not allowed; remove them",
            );
        }
        self.rest = &self.rest[1..];
        self.tag()
    }

    /// Text between tags.
    fn run(&mut self, run: &'t str) -> Step {
        entities(run)?;
        if run.contains("]]>") {
            return broken("]]> stands in text, where XML has no place for it; write ]]&gt;");
        }
        let spaces = ["&nbsp;", "&#160;", "&#xA0;", "&#xa0;"];
        let plain = spaces.iter().any(|space| run.contains(space));
        let is_blank = |text: &str| text.chars().all(char::is_whitespace);
        let blank = if plain {
            is_blank(&spaces.iter().fold(run.to_owned(), |text, space| text.replace(space, " ")))
        } else {
            is_blank(run)
        };
        if !blank {
            self.content = Content::Something;
            (self.visit)(Part::Text(self.open.len(), run.trim()));
        }
        Ok(())
    }

    fn name(&mut self) -> Step<&'t str> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ':' | '-' | '_' | '.');
        let end = self.rest.find(|letter| !fits(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return broken("a < stands where a name must follow; write it as &lt;");
        }
        self.rest = rest;
        Ok(name)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn close(&mut self) -> Step {
        let name = self.name()?;
        self.space();
        let Some(rest) = self.rest.strip_prefix('>') else {
            return broken(format!("</{name} is not ended; add >"));
        };
        self.rest = rest;
        match self.open.pop() {
            Some(open) if open == name => Ok(()),
            Some(open) => broken(format!("</{name}> closes <{open}>; close <{open}> first")),
            None => broken(format!("</{name}> closes nothing; remove it")),
        }
    }

    /// An opening or empty tag behind its `<`.
    fn tag(&mut self) -> Step {
        let name = self.name()?;
        if !allowed::is_element(name) {
            let sort = if matches!(
                name.to_ascii_lowercase().as_str(),
                "script" | "style" | "iframe" | "object" | "embed" | "form" | "link" | "base" | "svg"
            ) {
                FaultSort::Active
            } else {
                FaultSort::NotAllowed
            };
            return fault(
                sort,
                format!("the element <{name}> is not allowed in a narrative; use plain formatting"),
            );
        }
        let is_root = self.open.is_empty();
        let mut has_namespace = false;
        let depth = self.open.len();
        let mut seen: Vec<(&str, &str)> = Vec::new();
        loop {
            let before = self.rest.len();
            self.space();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                break;
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                self.open.push(name);
                break;
            }
            if self.rest.len() == before {
                return broken(format!(
                    "the tag <{name}> is not well-formed; separate attributes by spaces and end it with >"
                ));
            }
            let attribute = self.attribute(name)?;
            if seen.iter().any(|(name, _)| *name == attribute.0) {
                return broken(format!("the attribute {} stands twice at <{name}>; keep one", attribute.0));
            }
            seen.push(attribute);
            if attribute.0 == "xmlns" {
                if attribute.1 != NAMESPACE {
                    return broken(format!(
                        "the namespace {} is not XHTML's; write {NAMESPACE}",
                        quoted(attribute.1)
                    ));
                }
                has_namespace = true;
            }
        }
        (self.visit)(Part::Element(depth, name, &seen));
        if name == "img" {
            self.content = Content::Something;
        }
        if is_root && !has_namespace {
            return broken(format!("the div has no namespace; write <div xmlns=\"{NAMESPACE}\">"));
        }
        if self.open.len() > DEPTH_MAX {
            return broken(format!("elements are nested more than {DEPTH_MAX} deep; flatten the text"));
        }
        Ok(())
    }

    /// `name="value"`, checked.
    fn attribute(&mut self, element: &str) -> Step<(&'t str, &'t str)> {
        let name = self.name()?;
        self.space();
        let Some(rest) = self.rest.strip_prefix('=') else {
            return broken(format!("the attribute {name} of <{element}> has no value; write {name}=\"…\""));
        };
        self.rest = rest.trim_ascii_start();
        let quote = self.rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let Some((value, rest)) = quote.and_then(|quote| self.rest[1..].split_once(quote)) else {
            return broken(format!(
                "the value of {name} at <{element}> is not in quotes; write {name}=\"…\""
            ));
        };
        self.rest = rest;
        if value.contains('<') {
            return broken(format!("a < stands in the value of {name} at <{element}>; write it as &lt;"));
        }
        entities(value)?;
        check_attribute(element, name, value)?;
        Ok((name, value))
    }
}

fn check_attribute(element: &str, name: &str, value: &str) -> Step {
    if name.len() > 2 && name[..2].eq_ignore_ascii_case("on") {
        return fault(
            FaultSort::Active,
            format!("the attribute {name} at <{element}> would run code; remove it"),
        );
    }
    if !allowed::is_attribute(element, name) {
        return fault(
            FaultSort::NotAllowed,
            format!("the attribute {name} is not allowed at <{element}>; remove it"),
        );
    }
    let decoded = decode(value);
    if allowed::is_address(name) && !allowed::is_safe_address(element, &decoded) {
        let message = format!(
            "the address {} at <{element}> could run code; link by http, https or mailto",
            quoted(&decoded)
        );
        return fault(FaultSort::Active, message);
    }
    if name == "style" && !allowed::is_safe_style(&decoded) {
        return fault(
            FaultSort::Active,
            format!("the style at <{element}> loads or runs something; keep to colours, sizes and spacing"),
        );
    }
    Ok(())
}

/// Every `&` begins an entity that XML knows.
fn entities(text: &str) -> Step {
    for (at, _) in text.match_indices('&') {
        let behind = &text[at + 1..];
        let name = behind.split_once(';').map_or("", |(name, _)| name);
        if entity(name).is_none() {
            let shown = if name.is_empty() || name.len() > 12 { String::new() } else { format!("{name};") };
            return broken(format!(
                "&{shown} is not an entity of XML; write &amp; for a plain &, and other letters as they are or as &#…;"
            ));
        }
    }
    Ok(())
}

/// The letter that an entity stands for.
fn entity(name: &str) -> Option<char> {
    const NAMED: [(&str, char); 5] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')];
    if let Some((_, letter)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(*letter);
    }
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    // Digits alone: a sign would be taken for a part of the number.
    let number =
        digits.chars().all(|digit| digit.is_digit(radix)).then(|| u32::from_str_radix(digits, radix));
    char::from_u32(number?.ok()?).filter(|letter| is_character(*letter))
}

/// A value with its entities replaced, as a browser would see it.
fn decode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('&') {
        text.push_str(before);
        match behind.split_once(';').and_then(|(name, behind)| Some((entity(name)?, behind))) {
            Some((letter, behind)) => {
                text.push(letter);
                rest = behind;
            }
            None => {
                text.push('&');
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    text
}
