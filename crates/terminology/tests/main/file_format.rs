//! The code-system file keeps what is said in any order, finds every code, and refuses damaged bytes.

use proptest::prelude::*;
use std::collections::BTreeMap;
use terminology::{CodeSystemBuilder, CodeSystemFile, Designation, FileError, Header};

fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[a-cA-C=|\\\\\t\n\u{e9} ^:@!~\"#]{1,6}").expect("an expression")
}

proptest! {
    #[test]
    fn every_fact_comes_back(
        concepts in prop::collection::btree_map(text(), (text(), text(), text()), 1..40),
        order in any::<u64>(),
        case_sensitive in any::<bool>(),
    ) {
        let mut header = Header::new("http://example.org/cs", "1\t|=", "A\nB");
        header.case_sensitive = case_sensitive;
        let concepts: BTreeMap<String, _> = match case_sensitive {
            true => concepts,
            false => concepts.into_iter().map(|(code, facts)| (code.to_lowercase(), facts)).collect(),
        };
        let mut builder = CodeSystemBuilder::new(header.clone());
        let mut shuffled: Vec<_> = concepts.iter().collect();
        let length = shuffled.len();
        shuffled.rotate_left(usize::try_from(order).unwrap_or(0) % length);
        let parent = shuffled[0].0.clone();
        for (code, (display, name, value)) in &shuffled {
            builder.property(code, name, value);
            builder.display(code, display);
            builder.definition(code, value);
            let one = Designation { language: name.clone(), value: value.clone(), ..Designation::default() };
            builder.designation(code, &one);
            builder.parent(code, &parent);
            builder.concept(code);
        }
        let file = CodeSystemFile::from_vec(builder.finish().bytes().to_vec()).expect("a file");
        prop_assert_eq!(file.len(), length);
        prop_assert_eq!(&file.header().version, &header.version);
        prop_assert_eq!(&file.header().title, &header.title);
        let in_order: Vec<String> = file.rows_in_order().iter().map(|row| row.code().into_owned()).collect();
        let expected: Vec<String> = shuffled.iter().map(|(code, _)| (*code).clone()).collect();
        prop_assert_eq!(in_order, expected);
        for (code, (display, name, value)) in &concepts {
            let concept = file.concept(file.find(code).expect("a code that was added"));
            prop_assert_eq!(&concept.code, code);
            prop_assert_eq!(&concept.display, display);
            prop_assert_eq!(concept.definition.as_ref(), Some(value));
            prop_assert_eq!((&concept.properties[0].code, &concept.properties[0].value), (name, value));
            prop_assert_eq!((&concept.designations[0].language, &concept.designations[0].value), (name, value));
            prop_assert_eq!(&concept.parents, std::slice::from_ref(&parent));
            let other = format!("{code}x");
            prop_assert_eq!(file.find(&other).is_some(), concepts.contains_key(&other));
        }
        let top = file.find(&parent).expect("the parent");
        prop_assert_eq!(file.children(top).len(), length);
    }

    #[test]
    fn damaged_bytes_never_panic(cut in 0_usize..400, at in 0_usize..400, byte in any::<u8>()) {
        let mut builder = CodeSystemBuilder::new(Header::new("http://example.org/cs", "1", "x"));
        for code in ["a", "b", "c"] {
            builder.concept_with_display(code, "text");
            builder.parent(code, "a");
            builder.property(code, "p", "v");
        }
        let mut bytes = builder.finish().bytes().to_vec();
        bytes.truncate(bytes.len().saturating_sub(cut % 200));
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        if let Ok(file) = CodeSystemFile::from_vec(bytes) {
            for row in file.rows() {
                let _ = (file.concept(row), file.ancestors(row));
            }
            for code in ["a", "b", "c", "d"] {
                let _ = file.find(code).map(|row| file.concept(row));
            }
        }
    }
}

#[test]
fn what_is_said_of_unknown_codes_is_dropped() {
    let mut builder = CodeSystemBuilder::new(Header::new("http://example.org/cs", "1", "x"));
    builder.concept_with_display("b", "B");
    builder.display("a", "nobody");
    builder.parent("b", "nowhere");
    builder.parent("c", "b");
    let file = builder.finish();
    assert_eq!(file.len(), 1);
    assert!(!file.has_hierarchy());
    assert!(file.find("a").is_none() && file.find("c").is_none());
}

#[test]
fn other_bytes_are_refused() {
    assert!(matches!(CodeSystemFile::from_vec(b"hello\n".to_vec()), Err(FileError::Format)));
    assert!(matches!(CodeSystemFile::from_vec(Vec::new()), Err(FileError::Format)));
    let mut builder = CodeSystemBuilder::new(Header::new("http://example.org/cs", "1", "x"));
    builder.concept_with_display("b", "B");
    let mut bytes = builder.finish().bytes().to_vec();
    bytes.pop();
    assert!(matches!(CodeSystemFile::from_vec(bytes), Err(FileError::Short { .. })));
}
