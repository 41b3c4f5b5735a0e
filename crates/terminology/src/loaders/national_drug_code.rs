//! The National Drug Code directory of the Food and Drug Administration.

use super::table::{Format, Table, field};
use super::{LoadError, iso_date};
use crate::code_system::builder::CodeSystemBuilder;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::header::Header;
use std::collections::HashMap;
use std::io::BufRead;

const PRODUCTS: &str = "product.txt";
const PACKAGES: &str = "package.txt";

/// Columns of the products that become properties, by the name they get.
const PROPERTIES: [(&str, &str); 8] = [
    ("generic", "NONPROPRIETARYNAME"),
    ("doseForm", "DOSAGEFORMNAME"),
    ("route", "ROUTENAME"),
    ("labeler", "LABELERNAME"),
    ("strength", "ACTIVE_NUMERATOR_STRENGTH"),
    ("strengthUnit", "ACTIVE_INGRED_UNIT"),
    ("schedule", "DEASCHEDULE"),
    ("marketingCategory", "MARKETINGCATEGORYNAME"),
];

/// Reads `product.txt` and `package.txt`. Concepts are products (`0002-0152`), packages as labelled
/// (`0002-0152-01`) and packages in the eleven digits of claims (`00002015201`), each package
/// below its product.
///
/// # Errors
/// When a reader fails, a column is missing, or there is no code.
pub fn load_national_drug_codes(
    products: impl BufRead,
    packages: impl BufRead,
    version: &str,
) -> Result<CodeSystemFile, LoadError> {
    let mut header = Header::new("http://hl7.org/fhir/sid/ndc", version, "National Drug Code directory");
    header.name = "NDC".to_owned();
    header.language = "en".to_owned();
    header.licence = "Food and Drug Administration, US government work".to_owned();
    for (name, _) in PROPERTIES {
        header.declare(name, "string", "");
    }
    header.declare("ndc11", "code", "");
    header.declare("ended", "dateTime", "");
    let mut builder = CodeSystemBuilder::new(header);
    builder.keeps_order = false;
    let names = read_products(&mut builder, products)?;
    read_packages(&mut builder, packages, &names)?;
    Ok(builder.finish())
}

fn read_products(
    builder: &mut CodeSystemBuilder,
    reader: impl BufRead,
) -> Result<HashMap<String, String>, LoadError> {
    let mut table = Table::new(PRODUCTS, reader, Format::Tab);
    let columns = table.columns()?;
    let code = columns.required("PRODUCTNDC")?;
    let (brand, generic) = (columns.required("PROPRIETARYNAME")?, columns.required("NONPROPRIETARYNAME")?);
    let suffix = columns.optional("PROPRIETARYNAMESUFFIX");
    let places: Vec<(&str, usize)> =
        PROPERTIES.iter().filter_map(|(name, column)| Some((*name, columns.optional(column)?))).collect();
    let parts = ["ACTIVE_NUMERATOR_STRENGTH", "ACTIVE_INGRED_UNIT", "DOSAGEFORMNAME"];
    let parts: Vec<usize> = parts.iter().filter_map(|column| columns.optional(column)).collect();
    let mut names = HashMap::new();
    while let Some(record) = table.next()? {
        let code = field(record, code);
        let mut name: Vec<&str> = vec![field(record, brand)];
        name.extend(suffix.map(|place| field(record, place)));
        if !field(record, generic).eq_ignore_ascii_case(field(record, brand)) {
            name.push(field(record, generic));
        }
        name.extend(parts.iter().map(|place| field(record, *place)));
        name.retain(|part| !part.is_empty());
        let name = name.join(" ");
        if code.is_empty() || names.contains_key(code) {
            continue;
        }
        builder.concept_with_display(code, &name);
        for (property, place) in &places {
            if !field(record, *place).is_empty() {
                builder.property(code, property, field(record, *place));
            }
        }
        names.insert(code.to_owned(), name);
    }
    if names.is_empty() { Err(LoadError::Empty { file: PRODUCTS }) } else { Ok(names) }
}

fn read_packages(
    builder: &mut CodeSystemBuilder,
    reader: impl BufRead,
    names: &HashMap<String, String>,
) -> Result<(), LoadError> {
    let mut table = Table::new(PACKAGES, reader, Format::Tab);
    let columns = table.columns()?;
    let (product, code) = (columns.required("PRODUCTNDC")?, columns.required("NDCPACKAGECODE")?);
    let text = columns.required("PACKAGEDESCRIPTION")?;
    let ended = columns.optional("ENDMARKETINGDATE");
    while let Some(record) = table.next()? {
        let (product, code) = (field(record, product), field(record, code));
        let name = names.get(product).map_or("", String::as_str);
        let display = format!("{name}: {}", field(record, text));
        let eleven = ndc_11(code);
        for code in std::iter::once(code).chain(eleven.as_deref()) {
            builder.concept_with_display(code, display.trim_start_matches(": "));
            builder.parent(code, product);
            if let Some(date) = ended.and_then(|place| iso_date(field(record, place))) {
                builder.property(code, "ended", &date);
            }
        }
        if let Some(eleven) = &eleven {
            builder.property(code, "ndc11", eleven);
        }
    }
    Ok(())
}

/// The eleven digits of claims from a package code with hyphens (4-4-2, 5-3-2, 5-4-1 or 5-4-2): every part filled
/// up with zeros to 5-4-2. `None` for anything else.
pub fn ndc_11(package: &str) -> Option<String> {
    let parts: Vec<&str> = package.split('-').collect();
    let [labeler, product, package] = parts.as_slice() else { return None };
    let is_digits = |text: &str, length: usize| {
        (1..=length).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_right = is_digits(labeler, 5) && is_digits(product, 4) && is_digits(package, 2);
    is_right.then(|| format!("{labeler:0>5}{product:0>4}{package:0>2}"))
}
