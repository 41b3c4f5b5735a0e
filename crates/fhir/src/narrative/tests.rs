//! What a narrative may hold.

use super::{Content, FaultSort, scan};

fn in_div(inner: &str) -> String {
    format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>")
}

#[test]
fn formatting_is_allowed() {
    for inner in [
        "a &lt; b<br/><a href='#x'>x</a> &#160;",
        "<!-- note --><table><tr><td colspan=\"2\">x</td></tr></table>",
    ] {
        assert_eq!(scan(&in_div(inner)).unwrap(), Content::Something, "{inner}");
    }
    assert_eq!(scan(&in_div(" ")).unwrap(), Content::Nothing);
}

#[test]
fn active_content_and_broken_markup_are_not() {
    use FaultSort::{Active, NotAllowed, NotWellFormed};
    let rows = [
        ("<script>x</script>", Active),
        ("<form/>", Active),
        ("<nav/>", NotAllowed),
        ("<p onclick='x()'/>", Active),
        ("<a href=' JavaScript:x'>x</a>", Active),
        ("<b><i></b></i>", NotWellFormed),
        ("<b>", NotWellFormed),
        ("a & b", NotWellFormed),
        ("<p id=x/>", NotWellFormed),
        ("<p id='1'class='2'/>", NotWellFormed),
    ];
    for (inner, sort) in rows {
        assert_eq!(scan(&in_div(inner)).map_err(|fault| fault.sort), Err(sort), "{inner}");
    }
    for text in ["", "text", "<div>no namespace</div>", "<p xmlns=\"http://www.w3.org/1999/xhtml\"/>"] {
        assert!(scan(text).is_err(), "{text}");
    }
}
