//! Publishers' files are read as they are given out. The excerpts are in their formats; codes of the procedure list
//! are made up.

use terminology::loaders::{
    LoadError, LoincFiles, RxNormFiles, SnomedCtFiles, load_cpt, load_hcpcs, load_hcpcs_table, load_loinc,
    load_national_drug_codes, load_rxnorm, load_snomed_ct, ndc_11,
};
use terminology::{CodeSystemFile, Concept, ExpansionRequest, Membership, Subsumption, Terminology};

fn concept(file: &CodeSystemFile, code: &str) -> Concept {
    file.concept(file.find(code).unwrap_or_else(|| panic!("no {code}")))
}

fn property<'c>(concept: &'c Concept, name: &str) -> Vec<&'c str> {
    concept.properties.iter().filter(|one| one.code == name).map(|one| one.value.as_str()).collect()
}

/// What is written to the data directory reads back as it was.
fn reopened(file: &CodeSystemFile) -> CodeSystemFile {
    let again = CodeSystemFile::from_vec(file.bytes().to_vec()).expect("a file just written");
    assert_eq!((again.header(), again.len()), (file.header(), file.len()));
    again
}

#[test]
fn snomed_ct_snapshot() {
    let concepts = "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\r\n\
        138875005\t20020131\t1\t900000000000207008\t900000000000074008\r\n\
        404684003\t20020131\t1\t900000000000207008\t900000000000074008\r\n\
        73211009\t20020131\t1\t900000000000207008\t900000000000073002\r\n\
        44054006\t20020131\t1\t900000000000207008\t900000000000073002\r\n\
        237599002\t20020131\t0\t900000000000207008\t900000000000074008\r\n";
    let descriptions = "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n\
        1\t2002\t1\tm\t73211009\ten\t900000000000003001\tDiabetes mellitus (disorder)\tc\n\
        2\t2002\t1\tm\t73211009\ten\t900000000000013009\tDM - Diabetes mellitus\tc\n\
        3\t2002\t1\tm\t73211009\ten\t900000000000013009\tDiabetes mellitus\tc\n\
        4\t2002\t0\tm\t73211009\ten\t900000000000013009\tSugar\tc\n\
        5\t2002\t1\tm\t44054006\ten\t900000000000013009\tType 2 diabetes mellitus\tc\n";
    let relationships = "id\teffectiveTime\tactive\tmoduleId\tsourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId\n\
        1\t2002\t1\tm\t404684003\t138875005\t0\t116680003\tc\tm\n\
        2\t2002\t1\tm\t73211009\t404684003\t0\t116680003\tc\tm\n\
        3\t2002\t1\tm\t44054006\t73211009\t0\t116680003\tc\tm\n\
        4\t2002\t0\tm\t44054006\t138875005\t0\t116680003\tc\tm\n\
        5\t2002\t1\tm\t73211009\t113331007\t1\t363698007\tc\tm\n";
    let language = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId\n\
        a\t2002\t1\tm\t900000000000509007\t3\t900000000000548007\n\
        b\t2002\t1\tm\t900000000000509007\t2\t900000000000549004\n";
    let files = SnomedCtFiles {
        concepts: concepts.as_bytes(),
        descriptions: descriptions.as_bytes(),
        relationships: relationships.as_bytes(),
        language: Some(language.as_bytes()),
    };
    let file = reopened(&load_snomed_ct(files, "731000124108", "20260301", "900000000000509007").unwrap());
    assert_eq!(file.len(), 5);
    let diabetes = concept(&file, "73211009");
    assert_eq!(diabetes.display, "Diabetes mellitus");
    assert_eq!(
        (diabetes.parents.as_slice(), diabetes.children.as_slice()),
        (&["404684003".to_owned()][..], &["44054006".to_owned()][..])
    );
    assert_eq!(property(&diabetes, "363698007"), ["113331007"]);
    assert!(diabetes.designations.iter().any(|one| one.value == "DM - Diabetes mellitus"));
    assert!(diabetes.designations.iter().all(|one| one.value != "Sugar"));
    assert_eq!(concept(&file, "44054006").display, "Type 2 diabetes mellitus");
    assert!(concept(&file, "237599002").inactive);

    let mut terminology = Terminology::built_in();
    let value_set = "http://hl7.org/fhir/ValueSet/condition-code";
    let system = "http://snomed.info/sct";
    assert_eq!(terminology.contains(value_set, Some(system), "73211009"), Membership::Unknown);
    terminology.add_loaded(file);
    assert_eq!(terminology.contains(value_set, Some(system), "73211009"), Membership::Yes);
    assert_eq!(terminology.contains(value_set, Some(system), "138875005"), Membership::No);
    assert_eq!(terminology.subsumes(system, None, "404684003", "44054006"), Subsumption::Subsumes);
    let edition = Some("http://snomed.info/sct/731000124108");
    assert!(terminology.lookup(system, edition, "44054006").is_some());
    let below = "http://snomed.info/sct?fhir_vs=isa/73211009";
    let codes = terminology.expanded_codes(below, &ExpansionRequest::default()).unwrap().codes;
    assert_eq!(codes.iter().map(|code| code.code.as_str()).collect::<Vec<_>>(), ["44054006", "73211009"]);
}

#[test]
fn loinc_release() {
    let table = "\"LOINC_NUM\",\"COMPONENT\",\"PROPERTY\",\"TIME_ASPCT\",\"SYSTEM\",\"SCALE_TYP\",\"CLASS\",\"STATUS\",\"SHORTNAME\",\"LONG_COMMON_NAME\"\n\
        \"4548-4\",\"Hemoglobin A1c/Hemoglobin.total\",\"MFr\",\"Pt\",\"Bld\",\"Qn\",\"HEM/BC\",\"ACTIVE\",\"HbA1c MFr Bld\",\"Hemoglobin A1c/Hemoglobin.total in Blood\"\n\
        \"2085-9\",\"Cholesterol.in HDL\",\"MCnc\",\"Pt\",\"Ser/Plas\",\"Qn\",\"CHEM\",\"DEPRECATED\",\"\",\"Cholesterol in HDL, \"\"good\"\"\"\n";
    let hierarchy = "\"PATH_TO_ROOT\",\"SEQUENCE\",\"IMMEDIATE_PARENT\",\"CODE\",\"CODE_TEXT\"\n\
        \"\",\"1\",\"\",\"LP29693-6\",\"Laboratory\"\n\"LP29693-6\",\"1\",\"LP29693-6\",\"4548-4\",\"HbA1c\"\n";
    let answers = "\"AnswerListId\",\"AnswerListName\",\"AnswerStringId\",\"DisplayText\"\n\"LL360-9\",\"Pos/Neg\",\"LA6576-8\",\"Positive\"\n";
    let files = LoincFiles {
        table: table.as_bytes(),
        hierarchy: Some(hierarchy.as_bytes()),
        answers: Some(answers.as_bytes()),
    };
    let file = reopened(&load_loinc(files, "2.80").unwrap());
    let a1c = concept(&file, "4548-4");
    assert_eq!(a1c.display, "Hemoglobin A1c/Hemoglobin.total in Blood");
    assert_eq!(property(&a1c, "SCALE_TYP"), ["Qn"]);
    assert_eq!(a1c.parents, ["LP29693-6"]);
    let deprecated = concept(&file, "2085-9");
    assert_eq!((deprecated.inactive, deprecated.display.as_str()), (true, "Cholesterol in HDL, \"good\""));
    assert_eq!(concept(&file, "lp29693-6").code, "LP29693-6");
    assert_eq!(property(&concept(&file, "LA6576-8"), "AnswerList"), ["LL360-9"]);
    let mut terminology = Terminology::built_in();
    terminology.add_loaded(file);
    let contains = |set: &str, code: &str| terminology.contains(set, Some("http://loinc.org"), code);
    assert_eq!(contains("http://hl7.org/fhir/ValueSet/observation-codes", "4548-4"), Membership::Yes);
    assert_eq!(contains("http://hl7.org/fhir/ValueSet/observation-codes", "0000-0"), Membership::No);
}

#[test]
fn rxnorm_release() {
    let concepts = "161|ENG||||||1|||161|RXNORM|IN|161|acetaminophen||N||\n\
        161|ENG||||||2|||161|RXNORM|SY|161|APAP||N||\n\
        313782|ENG||||||3|||313782|RXNORM|SCD|313782|acetaminophen 325 MG Oral Tablet||N||\n\
        313782|ENG||||||4|||313782|RXNORM|PSN|313782|acetaminophen 325 MG tablet||N||\n\
        91803|ENG||||||5|||91803|RXNORM|BN|91803|Old Brand||O||\n\
        777|ENG||||||6|||777|MMSL|CD|777|quoted from another||N||\n";
    let relations = "161||CUI|RO|313782||CUI|has_ingredient|1||RXNORM|RXNORM|||||\n\
        161||CUI|RB|313782||CUI|isa|2||RXNORM|RXNORM|||||\n";
    let attributes =
        "313782|||3|AUI|313782|||NDC|RXNORM|00573014910|N|\n313782|||3|AUI|313782|||OTHER|RXNORM|x|N|\n";
    let files = RxNormFiles {
        concepts: concepts.as_bytes(),
        relations: Some(relations.as_bytes()),
        attributes: Some(attributes.as_bytes()),
    };
    let file = reopened(&load_rxnorm(files, "07072025").unwrap());
    assert_eq!(file.len(), 3);
    let tablet = concept(&file, "313782");
    assert_eq!(tablet.display, "acetaminophen 325 MG Oral Tablet");
    assert_eq!(property(&tablet, "TTY"), ["SCD"]);
    assert_eq!(property(&tablet, "NDC"), ["00573014910"]);
    assert_eq!(property(&tablet, "has_ingredient"), ["161"]);
    assert_eq!(tablet.parents, ["161"]);
    assert!(tablet.designations.iter().any(|one| one.use_code == "PSN"));
    assert!(concept(&file, "91803").inactive);
}

#[test]
fn hcpcs_in_both_forms() {
    let line = |code: &str, kind: &str, long: &str, short: &str, terminated: &str| {
        format!(
            "{code:<5}00100{kind}{long:<80}{short:<28}{:<149}20200101{:8}{terminated:<8}\n",
            "", "20200101"
        )
    };
    let text = [
        line(
            "A0021",
            "3",
            "Ambulance service, outside state per mile, transport (medicaid",
            "Outside state ambulance",
            "",
        ),
        line("A0021", "4", "only)", "", ""),
        line("A0080", "3", "Non-emergency transportation", "Noninterest escort", "20240331"),
        line("   AI", "7", "Principal physician of record", "Principal physician of rec", ""),
    ]
    .concat();
    let file = reopened(&load_hcpcs(text.as_bytes(), "2026-01").unwrap());
    let ambulance = concept(&file, "A0021");
    assert_eq!(ambulance.display, "Ambulance service, outside state per mile, transport (medicaid only)");
    assert_eq!(property(&ambulance, "added"), ["2020-01-01"]);
    assert_eq!(ambulance.designations[0].value, "Outside state ambulance");
    assert!(concept(&file, "A0080").inactive);
    assert_eq!(property(&concept(&file, "AI"), "modifier"), ["true"]);

    let table = "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,ADD DT,TERM DT\n\
        A0021,100,3,\"Ambulance service, outside state\",Outside state ambulance,20200101,\n\
        A0021,200,4,per mile,,,\n";
    let file = load_hcpcs_table(table.as_bytes(), "2026-01").unwrap();
    assert_eq!(concept(&file, "A0021").display, "Ambulance service, outside state per mile");
}

#[test]
fn national_drug_codes() {
    let products = "PRODUCTID\tPRODUCTNDC\tPROPRIETARYNAME\tPROPRIETARYNAMESUFFIX\tNONPROPRIETARYNAME\tDOSAGEFORMNAME\tROUTENAME\tLABELERNAME\tACTIVE_NUMERATOR_STRENGTH\tACTIVE_INGRED_UNIT\n\
        x\t0002-0152\tZepbound\t\ttirzepatide\tINJECTION, SOLUTION\tSUBCUTANEOUS\tEli Lilly and Company\t2.5\tmg/.5mL\n";
    let packages = "PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION\tSTARTMARKETINGDATE\tENDMARKETINGDATE\n\
        x\t0002-0152\t0002-0152-01\t1 VIAL in 1 CARTON\t20240328\t20301231\n";
    let file =
        reopened(&load_national_drug_codes(products.as_bytes(), packages.as_bytes(), "2025-07-11").unwrap());
    let package = concept(&file, "0002-0152-01");
    assert_eq!(package.display, "Zepbound tirzepatide 2.5 mg/.5mL INJECTION, SOLUTION: 1 VIAL in 1 CARTON");
    assert_eq!(property(&package, "ndc11"), ["00002015201"]);
    assert_eq!(property(&package, "ended"), ["2030-12-31"]);
    assert_eq!(concept(&file, "00002015201").parents, ["0002-0152"]);
    assert_eq!(ndc_11("12345-678-9").as_deref(), Some("12345067809"));
    assert_eq!(ndc_11("12345-678"), None);
}

#[test]
fn own_procedure_list() {
    let list = "code,description\nZ0001,\"Office visit, made up\"\nZ0002,Another\nnot a code,x\n";
    let file = reopened(&load_cpt(list.as_bytes(), "2026").unwrap());
    assert_eq!(file.len(), 2);
    assert_eq!(concept(&file, "Z0001").display, "Office visit, made up");
    assert!(file.is_partial());
}

#[test]
fn wrong_files_are_refused_with_the_remedy() {
    let files = LoincFiles { table: &b"a,b\n1,2\n"[..], hierarchy: None, answers: None };
    let error = load_loinc(files, "1").expect_err("no column");
    assert!(matches!(error, LoadError::Column { column: "LOINC_NUM", .. }), "{error}");
    assert!(matches!(load_cpt(&b"\n"[..], "1"), Err(LoadError::Empty { .. })));
    assert!(matches!(load_hcpcs(&b"short\n"[..], "1"), Err(LoadError::Empty { .. })));
    let files = RxNormFiles { concepts: &b"a|b\n"[..], relations: None, attributes: None };
    assert!(matches!(load_rxnorm(files, "1"), Err(LoadError::Empty { .. })));
}
