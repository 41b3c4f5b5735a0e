//! CVX (vaccines) and MVX (manufacturers) of the CDC.

use super::package::file;
use super::resource::code_system_definition;
use anyhow::Result;
use std::path::Path;
use terminology::archive::Definition;
use terminology::{CodeSystemBuilder, Designation, Header};

const LICENCE: &str = "CDC, US government work, public domain";

pub(super) fn distil(shared_data: &Path) -> Result<Vec<Definition>> {
    let archive = shared_data.join("hl7v2-samples/izgateway.tar.zst");
    Ok(vec![cvx(&text(file(&archive, "cvx.txt")?)?)?, mvx(&text(file(&archive, "mvx.txt")?)?)?])
}

fn text(bytes: Vec<u8>) -> Result<String> {
    Ok(String::from_utf8(bytes)?)
}

fn header(url: &str, name: &str, title: &str, version: &str) -> Header {
    let mut header = Header::new(url, version, title);
    name.clone_into(&mut header.name);
    LICENCE.clone_into(&mut header.licence);
    "en".clone_into(&mut header.language);
    header.declare("status", "code", "");
    header.declare("lastUpdated", "dateTime", "");
    header
}

/// Rows of a table whose fields end at bars; a version is the newest date in its last field.
fn rows(text: &str, fields: usize) -> Result<(Vec<Vec<&str>>, String)> {
    let mut rows = Vec::new();
    let mut newest = "";
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Vec<&str> = line.split('|').map(str::trim).collect();
        anyhow::ensure!(row.len() == fields, "a line has {} fields instead of {fields}: {line}", row.len());
        newest = newest.max(row[fields - 1]);
        rows.push(row);
    }
    Ok((rows, newest.replace('/', "")))
}

/// Fields: code, short name, full name, note, status, is no vaccine, date.
fn cvx(text: &str) -> Result<Definition> {
    let (rows, version) = rows(text, 7)?;
    let mut header = header("http://hl7.org/fhir/sid/cvx", "CVX", "Vaccines administered (CVX)", &version);
    header.declare("nonVaccine", "boolean", "");
    let mut builder = CodeSystemBuilder::new(header);
    for row in rows {
        let code = row[0];
        builder.concept_with_display(code, row[1]);
        if row[2] != row[1] {
            let full =
                Designation { language: "en".into(), value: row[2].to_owned(), ..Designation::default() };
            builder.designation(code, &full);
        }
        if row[5].eq_ignore_ascii_case("true") {
            builder.property(code, "nonVaccine", "true");
        }
        status_and_date(&mut builder, code, row[4], row[6])?;
    }
    Ok(code_system_definition(&builder.finish()))
}

/// Fields: code, name, note, status, date.
fn mvx(text: &str) -> Result<Definition> {
    let (rows, version) = rows(text, 5)?;
    let header = header("http://hl7.org/fhir/sid/mvx", "MVX", "Manufacturers of vaccines (MVX)", &version);
    let mut builder = CodeSystemBuilder::new(header);
    for row in rows {
        builder.concept_with_display(row[0], row[1]);
        status_and_date(&mut builder, row[0], row[3], row[4])?;
    }
    Ok(code_system_definition(&builder.finish()))
}

fn status_and_date(builder: &mut CodeSystemBuilder, code: &str, status: &str, date: &str) -> Result<()> {
    let parts: Vec<&str> = date.split('/').collect();
    let [year, month, day] = parts.as_slice() else {
        return Err(anyhow::anyhow!("the date of code {code} is not written year/month/day: {date}"));
    };
    builder.property(code, "status", status);
    builder.property(code, "lastUpdated", &format!("{year}-{month}-{day}"));
    let out_of_use = ["Inactive", "Never Active"];
    if out_of_use.contains(&status) {
        builder.inactive(code);
    }
    Ok(())
}
