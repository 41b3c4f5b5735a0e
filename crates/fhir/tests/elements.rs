//! Trees read with their definitions.

use fhir::{Document, Element};

const PATIENT: &str = r#"{"resourceType":"Patient","birthDate":"1985-07","_birthDate":{"extension":[{"url":"u","valueString":"x"}]},
"name":[{"given":["A",null,"C"],"_given":[null,{"id":"g"},null]}],"deceasedBoolean":false,"shoeSize":44,
"contained":[{"resourceType":"Organization","name":"O"}]}"#;

#[test]
fn children_carry_types_and_join_values_with_siblings() {
    let document = Document::parse(PATIENT).unwrap();
    let patient = Element::resource(&document).unwrap();
    let names: Vec<_> =
        patient.children().map(|(name, child)| format!("{name}:{}", child.type_name())).collect();
    assert_eq!(names, ["birthDate:date", "name:HumanName", "deceased:boolean", "contained:Organization"]);
    let birth_date = patient.child("birthDate").unwrap();
    assert_eq!(birth_date.scalar().as_deref(), Some("1985-07"));
    assert_eq!(birth_date.extensions("u").count(), 1);
    let given: Vec<_> = patient.child("name").unwrap().children_named("given").collect();
    assert_eq!(given.len(), 3);
    assert!(given[1].value.is_none() && given[1].child("id").is_some());
    assert_eq!(
        patient.unknown_members().map(|(name, _)| name.into_owned()).collect::<Vec<_>>(),
        ["shoeSize"]
    );
}

#[test]
fn errors_name_line_column_and_path() {
    let error =
        Document::parse("{\"resourceType\":\"Patient\",\n \"name\":[{\"family\":\"A\",\"family\":\"B\"}]}")
            .unwrap_err();
    assert_eq!((error.line, error.column), (2, 24));
    assert_eq!(error.path, "Patient.name[0]");
}
