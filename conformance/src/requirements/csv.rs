//! Tables as comma-separated values (RFC 4180), with quoted fields that may hold commas and line ends.

use std::collections::BTreeMap;

/// The rows of a table, each by the names in its first line.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = records(text.trim_start_matches('\u{feff}')).into_iter();
    let names = lines.next().unwrap_or_default();
    lines.map(|fields| names.iter().cloned().zip(fields).collect()).collect()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_field_keeps_commas_quotes_and_lines() {
        let found = rows("\u{feff}ID,Text\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,d");
        let texts: Vec<_> = found.iter().map(|row| (row["ID"].as_str(), row["Text"].as_str())).collect();
        assert_eq!(texts, [("1", "a, \"b\"\nc"), ("2", "d")]);
    }
}
