//! What may stand in a narrative: the elements and attributes of HTML 4.0 that FHIR names, as tables.
//!
//! FHIR: Narrative, txt-1: chapters 7 to 11 (without section 4 of chapter 9) and 15 of HTML 4.0, links with a name
//! or href, images, and style attributes.

/// Elements by name.
const ELEMENTS: [&str; 60] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "map",
    "menu",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
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

/// Attributes that any element may have.
const COMMON_ATTRIBUTES: [&str; 30] = [
    "abbr",
    "accesskey",
    "align",
    "axis",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "class",
    "clear",
    "color",
    "colspan",
    "dir",
    "face",
    "headers",
    "height",
    "id",
    "lang",
    "noshade",
    "nowrap",
    "rowspan",
    "scope",
    "size",
    "span",
    "style",
    "tabindex",
    "title",
    "valign",
];

/// Attributes that belong to some elements only.
const OWN_ATTRIBUTES: [(&str, &[&str]); 13] = [
    ("a", &["charset", "coords", "href", "hreflang", "name", "rel", "rev", "shape", "type"]),
    ("area", &["alt", "coords", "href", "nohref", "shape"]),
    ("blockquote", &["cite"]),
    ("col", &["width"]),
    ("colgroup", &["width"]),
    ("hr", &["width"]),
    ("img", &["alt", "ismap", "longdesc", "src", "usemap", "width"]),
    ("li", &["type", "value"]),
    ("map", &["name"]),
    ("ol", &["compact", "start", "type"]),
    ("q", &["cite"]),
    ("table", &["frame", "rules", "summary", "width"]),
    ("ul", &["compact", "type"]),
];

/// Whether an element may stand in a narrative.
pub(super) fn is_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

/// Whether an attribute may stand at an element.
pub(super) fn is_attribute(element: &str, name: &str) -> bool {
    if COMMON_ATTRIBUTES.binary_search(&name).is_ok() || matches!(name, "xmlns" | "xml:lang" | "xml:space") {
        return true;
    }
    let own = OWN_ATTRIBUTES.iter().find(|(owner, _)| *owner == element).map(|(_, names)| *names);
    own.is_some_and(|names| names.contains(&name))
        || matches!((element, name), ("td" | "th" | "pre", "width"))
}

/// Attributes whose value is an address.
pub(super) fn is_address(name: &str) -> bool {
    matches!(name, "href" | "src" | "cite" | "longdesc" | "usemap")
}

/// Whether an address does nothing but lead somewhere: relative, or of a scheme that runs no code.
pub(super) fn is_safe_address(element: &str, address: &str) -> bool {
    let plain: String =
        address.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
    let plain = plain.to_ascii_lowercase();
    let Some((scheme, rest)) = plain.split_once(':') else { return true };
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
        return true;
    }
    match scheme {
        "http" | "https" | "mailto" | "tel" | "ftp" | "urn" | "cid" => true,
        "data" => element == "img" && rest.starts_with("image/") && !rest.starts_with("image/svg"),
        _ => false,
    }
}

/// Whether a style changes looks only: it runs nothing and loads nothing but pictures that it holds itself, or that
/// lie beside it under a plain file name, as the publisher of implementation guides writes them.
pub(super) fn is_safe_style(style: &str) -> bool {
    const ACTIVE: [&str; 6] = ["expression(", "@import", "javascript:", "behavior:", "-moz-binding", "\\"];
    const PICTURES: [&str; 4] = ["data:image/png", "data:image/gif", "data:image/jpeg", "data:image/webp"];
    let plain: String = style.chars().filter(|letter| !letter.is_whitespace()).collect();
    let plain = plain.to_ascii_lowercase();
    let holds = |address: &str| {
        let address = address.trim_start_matches(['"', '\'']);
        PICTURES.iter().any(|picture| address.starts_with(picture)) || is_picture_name(address)
    };
    // A comment can hide any of the words from us and not from a browser.
    !plain.contains("/*")
        && ACTIVE.iter().all(|word| !plain.contains(word))
        && plain.split("url(").skip(1).all(holds)
}

/// Whether what stands behind `url(` is a picture's plain file name: no path, no scheme, no other server.
fn is_picture_name(address: &str) -> bool {
    const ENDINGS: [&str; 5] = ["png", "gif", "jpg", "jpeg", "webp"];
    let Some((address, _)) = address.split_once(')') else { return false };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let address = address.trim_end_matches(['"', '\'']);
    let ending = address.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) && address.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_may_name_a_picture_beside_it_and_nothing_else() {
        let rows = [
            ("background-image: url(tbl_bck10.png)", true),
            ("background-image: url('tbl_bck10.png'); color: red", true),
            ("background: url(data:image/png;base64,AAAA)", true),
            ("background: url(http://a.org/x.png)", false),
            ("background: url(//a.org/x.png)", false),
            ("background: url(/Patient/1/$x.png)", false),
            ("background: url(x.svg)", false),
            ("background: url(x.png), url(http://a.org/x.png)", false),
            ("background: url(javascript:x.png)", false),
        ];
        for (style, safe) in rows {
            assert_eq!(is_safe_style(style), safe, "{style}");
        }
    }

    #[test]
    fn tables_are_sorted() {
        assert!(ELEMENTS.is_sorted());
        assert!(COMMON_ATTRIBUTES.is_sorted());
    }
}
