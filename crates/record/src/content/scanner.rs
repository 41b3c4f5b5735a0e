//! Contents are shown to a virus scanner before anything names them: what it refuses, and what it cannot look at, is not written.

use super::set_apart::decode;
use crate::error::Error;
use crate::session::Session;
use crate::write_rule::Violation;
use fhir::{Document, Element, Kind};

/// Looks at contents: a port, for sockets are not this crate's.
pub trait ContentScanner: Send + Sync {
    /// Begins to look at a content.
    ///
    /// # Errors
    /// Why it cannot.
    fn begin(&self) -> Result<Box<dyn ContentScan>, String>;
}

/// A look at one content.
pub trait ContentScan: Send {
    /// Shows the next bytes.
    ///
    /// # Errors
    /// Why it cannot look at them.
    fn write(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// Ends the content; gives the name of what is in it, or `None` when nothing is.
    ///
    /// # Errors
    /// Why it cannot tell.
    fn finish(self: Box<Self>) -> Result<Option<String>, String>;
}

/// What the broken rule is called.
const RULE: &str = "content-without-virus";

impl Session {
    /// Begins to show a content to the scanner, if there is one.
    pub(super) fn begin_scan(&self) -> Result<Option<Box<dyn ContentScan>>, Error> {
        self.record.scanner.as_ref().map(|scanner| scanner.begin()).transpose().map_err(away)
    }

    /// Ends the look at a content that stands somewhere. What is found is audited.
    pub(super) fn end_scan(&self, scan: Box<dyn ContentScan>, expression: &str) -> Result<(), Error> {
        let Some(found) = scan.finish().map_err(away)? else { return Ok(()) };
        self.audit_refused_ceremony(&format!("content refused: the virus scanner found {found}"))?;
        Err(Error::Rule(Violation {
            rule: RULE,
            message: format!("the virus scanner found {found} in this content: it is not kept"),
            expression: expression.to_owned(),
        }))
    }

    /// Shows what a resource carries inside to the scanner.
    pub(crate) fn scan_contents(&self, document: &Document) -> Result<(), Error> {
        match Element::resource(document) {
            Some(element) if self.record.scanner.is_some() => self.scan_inside(element),
            _ => Ok(()),
        }
    }

    fn scan_inside(&self, element: Element<'_>) -> Result<(), Error> {
        for (name, child) in element.children() {
            let Some(node) = child.value.filter(|_| child.type_id.is_primitive()) else {
                self.scan_inside(child)?;
                continue;
            };
            if child.type_name() != "base64Binary" || node.kind() != Kind::String {
                continue;
            }
            let Some(text) = node.as_str() else { continue };
            // What was sent by itself was looked at when it came; what is no base64, validation names.
            let bytes = if self.record.stand_ins.read(&text).is_some() { None } else { decode(&text) };
            if let (Some(bytes), Some(mut scan)) = (bytes, self.begin_scan()?) {
                scan.write(&bytes).map_err(away)?;
                self.end_scan(scan, name)?;
            }
        }
        Ok(())
    }
}

/// The scanner cannot be asked: what was not looked at is not written.
pub(super) fn away(why: String) -> Error {
    Error::NotScanned(why)
}
