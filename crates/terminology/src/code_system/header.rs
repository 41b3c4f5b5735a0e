//! What a code-system file says of the system as a whole.

use super::escape::{push_escaped, unescape};
use std::str::FromStr;

/// How much of a code system is here: `CodeSystem.content`
/// (<https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Content {
    /// Every code is here: a code that is not found does not exist.
    #[default]
    Complete,
    /// A part is here: a code that is not found may exist.
    Fragment,
    /// A few codes are here, to show what they are like.
    Example,
    /// The system is known by name only.
    NotPresent,
    /// Designations and properties for the codes of another system.
    Supplement,
}

const CONTENTS: [(&str, Content); 5] = [
    ("complete", Content::Complete),
    ("fragment", Content::Fragment),
    ("example", Content::Example),
    ("not-present", Content::NotPresent),
    ("supplement", Content::Supplement),
];

impl Content {
    /// The code of this mode in FHIR.
    pub fn as_str(self) -> &'static str {
        CONTENTS.iter().find(|(_, content)| *content == self).map_or("complete", |(code, _)| code)
    }
}

impl FromStr for Content {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        CONTENTS.iter().find(|(known, _)| *known == code).map(|(_, content)| *content).ok_or(())
    }
}

/// A property that concepts of a system may have: `CodeSystem.property`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PropertyDefinition {
    /// The name under which concepts carry it.
    pub code: String,
    /// The FHIR type of its values: `code`, `string`, `Coding`, `boolean`, `integer`, `decimal`, `dateTime`.
    pub kind: String,
    /// The formal meaning; empty when there is none.
    pub uri: String,
}

/// A code system without its concepts. Texts that are unknown are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Canonical URL.
    pub url: String,
    /// Business version.
    pub version: String,
    /// Name for machines.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Publication status, such as `active`.
    pub status: String,
    /// `true`, `false`, or empty when the system does not say.
    pub experimental: String,
    /// How much of the system is here.
    pub content: Content,
    /// True when `a` and `A` are different codes.
    pub case_sensitive: bool,
    /// Meaning of the hierarchy, such as `is-a`.
    pub hierarchy_meaning: String,
    /// Canonical URL of the value set of all codes.
    pub value_set: String,
    /// The canonical this one supplements, when it is a supplement.
    pub supplements: String,
    /// Language of the displays.
    pub language: String,
    /// Whose content this is and under which licence it may be used.
    pub licence: String,
    /// Properties that concepts carry.
    pub properties: Vec<PropertyDefinition>,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            url: String::new(),
            version: String::new(),
            name: String::new(),
            title: String::new(),
            status: String::new(),
            experimental: String::new(),
            content: Content::Complete,
            case_sensitive: true,
            hierarchy_meaning: String::new(),
            value_set: String::new(),
            supplements: String::new(),
            language: String::new(),
            licence: String::new(),
            properties: Vec::new(),
        }
    }
}

impl Header {
    /// A header of a complete, case-sensitive system.
    pub fn new(url: &str, version: &str, title: &str) -> Self {
        Self {
            url: url.to_owned(),
            version: version.to_owned(),
            title: title.to_owned(),
            status: "active".to_owned(),
            ..Self::default()
        }
    }

    /// The canonical with its version: `url|version`, or the URL alone.
    pub fn canonical(&self) -> String {
        if self.version.is_empty() { self.url.clone() } else { format!("{}|{}", self.url, self.version) }
    }

    /// Adds a property definition unless one of that code is there.
    pub fn declare(&mut self, code: &str, kind: &str, uri: &str) {
        if self.property(code).is_none() {
            let (code, kind, uri) = (code.to_owned(), kind.to_owned(), uri.to_owned());
            self.properties.push(PropertyDefinition { code, kind, uri });
        }
    }

    /// The definition of a property by its code.
    pub fn property(&self, code: &str) -> Option<&PropertyDefinition> {
        self.properties.iter().find(|property| property.code == code)
    }

    fn texts(&self) -> [(&'static str, &str); 11] {
        [
            ("url", &self.url),
            ("version", &self.version),
            ("name", &self.name),
            ("title", &self.title),
            ("status", &self.status),
            ("experimental", &self.experimental),
            ("hierarchyMeaning", &self.hierarchy_meaning),
            ("valueSet", &self.value_set),
            ("supplements", &self.supplements),
            ("language", &self.language),
            ("licence", &self.licence),
        ]
    }

    fn text_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "url" => &mut self.url,
            "version" => &mut self.version,
            "name" => &mut self.name,
            "title" => &mut self.title,
            "status" => &mut self.status,
            "experimental" => &mut self.experimental,
            "hierarchyMeaning" => &mut self.hierarchy_meaning,
            "valueSet" => &mut self.value_set,
            "supplements" => &mut self.supplements,
            "language" => &mut self.language,
            "licence" => &mut self.licence,
            _ => return None,
        })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, text) in self.texts() {
            if !text.is_empty() {
                write_line(out, &[name, text]);
            }
        }
        write_line(out, &["content", self.content.as_str()]);
        write_line(out, &["caseSensitive", if self.case_sensitive { "true" } else { "false" }]);
        for property in &self.properties {
            write_line(out, &["property", &property.code, &property.kind, &property.uri]);
        }
    }

    /// Takes one line of a header; lines of a name that is unknown are passed over.
    pub(crate) fn read_line(&mut self, line: &[u8]) {
        let mut fields = line.split(|byte| *byte == b'\t').map(unescape);
        let (Some(name), Some(text)) = (fields.next(), fields.next()) else { return };
        match &*name {
            "content" => self.content = text.parse().unwrap_or_default(),
            "caseSensitive" => self.case_sensitive = text == "true",
            "property" => {
                let kind = fields.next().unwrap_or_default();
                self.declare(&text, &kind, &fields.next().unwrap_or_default());
            }
            other => {
                if let Some(place) = self.text_mut(other) {
                    *place = text.into_owned();
                }
            }
        }
    }
}

pub(crate) fn write_line(out: &mut Vec<u8>, fields: &[&str]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b'\t');
        }
        push_escaped(out, field);
    }
    out.push(b'\n');
}
