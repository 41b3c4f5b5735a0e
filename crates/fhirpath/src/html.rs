//! The XHTML that a narrative may hold (FHIR R4 §2.4.0): well-formed, formatting only, nothing active.

/// Elements that may stand in a narrative.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Attributes that may stand on any of them.
const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellhalign",
    "cellpadding",
    "cellspacing",
    "cellvalign",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "colspan",
    "compact",
    "coords",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "hspace",
    "id",
    "lang",
    "longdesc",
    "name",
    "nowrap",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "title",
    "type",
    "usemap",
    "valign",
    "value",
    "vspace",
    "width",
    "xml:lang",
    "xml:space",
];

/// Entities of XML; XHTML's own need a document type, which a narrative has not.
const ENTITIES: &[&str] = &["amp", "lt", "gt", "quot", "apos"];

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// True for a well-formed `div` in the XHTML namespace with allowed elements and attributes only.
pub(crate) fn is_allowed(text: &str) -> bool {
    Checker { rest: text.trim() }.document().is_some()
}

/// Reads on; every method answers `None` at the first thing that is not allowed.
struct Checker<'t> {
    rest: &'t str,
}

impl<'t> Checker<'t> {
    fn document(&mut self) -> Option<()> {
        let mut open: Vec<&'t str> = Vec::new();
        loop {
            let text = self.rest.find('<').unwrap_or(self.rest.len());
            let (before, rest) = self.rest.split_at(text);
            if !entities_are_allowed(before) || (open.is_empty() && !before.trim().is_empty()) {
                return None;
            }
            self.rest = rest;
            if rest.starts_with("<!--") {
                self.comment()?;
            } else if let Some(closing) = rest.strip_prefix("</") {
                self.rest = closing;
                let name = self.name()?;
                self.rest = self.rest.trim_start().strip_prefix('>')?;
                if open.pop()? != name {
                    return None;
                }
                if open.is_empty() {
                    return self.rest.trim().is_empty().then_some(());
                }
            } else {
                self.rest = rest.strip_prefix('<')?;
                let (name, is_empty) = self.opening(open.is_empty())?;
                if !is_empty {
                    open.push(name);
                } else if open.is_empty() {
                    return self.rest.trim().is_empty().then_some(());
                }
            }
        }
    }

    fn comment(&mut self) -> Option<()> {
        let end = self.rest[4..].find("--")? + 4;
        self.rest = self.rest[end..].strip_prefix("-->")?;
        Some(())
    }

    fn name(&mut self) -> Option<&'t str> {
        let accept = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.');
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// An opening tag behind its `<`: its name, and whether it closes itself.
    fn opening(&mut self, is_root: bool) -> Option<(&'t str, bool)> {
        let name = self.name()?;
        if !ELEMENTS.contains(&name) || (is_root && name != "div") {
            return None;
        }
        let mut is_in_namespace = !is_root;
        loop {
            let trimmed = self.rest.trim_start();
            let is_spaced = trimmed.len() < self.rest.len();
            self.rest = trimmed;
            if let Some(rest) = self.rest.strip_prefix("/>") {
                self.rest = rest;
                return is_in_namespace.then_some((name, true));
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return is_in_namespace.then_some((name, false));
            }
            let (attribute, value) = self.attribute().filter(|_| is_spaced)?;
            is_in_namespace |= attribute == "xmlns" && value == XHTML;
            if !attribute_is_allowed(name, attribute, value) {
                return None;
            }
        }
    }

    fn attribute(&mut self) -> Option<(&'t str, &'t str)> {
        let name = self.name()?;
        let rest = self.rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, rest) = rest[1..].split_once(quote)?;
        self.rest = rest;
        (!value.contains('<') && entities_are_allowed(value)).then_some((name, value))
    }
}

fn attribute_is_allowed(element: &str, attribute: &str, value: &str) -> bool {
    if attribute == "xmlns" {
        return value == XHTML;
    }
    let is_known = ATTRIBUTES.contains(&attribute);
    let target = value.trim_start().to_ascii_lowercase();
    let is_active = matches!(attribute, "href" | "src")
        && (target.starts_with("javascript:") || target.starts_with("vbscript:"));
    let is_elsewhere = match attribute {
        "href" => element != "a",
        "src" => element != "img",
        _ => false,
    };
    is_known && !is_active && !is_elsewhere
}

fn entities_are_allowed(text: &str) -> bool {
    text.split('&').skip(1).all(|rest| {
        let Some((entity, _)) = rest.split_once(';') else { return false };
        match entity.strip_prefix('#') {
            Some(code) => {
                let digits = code.strip_prefix('x').unwrap_or(code);
                let radix = if digits.len() < code.len() { 16 } else { 10 };
                u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).is_some()
            }
            None => ENTITIES.contains(&entity),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn formatting_is_allowed() {
        for text in [
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">a &lt; b<br/><a href='#x'>x</a> &#160;</div>",
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><!-- note --><table><tr><td colspan=\"2\"/></tr></table></div>",
        ] {
            assert!(is_allowed(text), "{text}");
        }
    }

    #[test]
    fn active_content_and_broken_markup_are_not() {
        for inner in [
            "<script>x</script>",
            "<p onclick='x()'/>",
            "<a href=' JavaScript:x'>x</a>",
            "<b><i></b></i>",
            "<b>",
            "&nbsp;",
            "a & b",
            "<p id=x/>",
            "<form/>",
            "<p id='1'class='2'/>",
        ] {
            assert!(
                !is_allowed(&format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>")),
                "{inner}"
            );
        }
        for text in ["", "text", "<div>no namespace</div>", "<p xmlns=\"http://www.w3.org/1999/xhtml\"/>"] {
            assert!(!is_allowed(text), "{text}");
        }
    }
}
