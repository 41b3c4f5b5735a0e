//! Records of delimited text, one at a time: memory is bounded by the longest record.

use super::LoadError;
use std::io::BufRead;

/// Most bytes of one record.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// How fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 4180: commas, fields in quotes may hold commas, quotes and line ends.
    Comma,
    /// Tabs, no quotes.
    Tab,
    /// Bars, no quotes: RRF.
    Bar,
}

/// A table that is read record by record.
pub(super) struct Table<R> {
    file: &'static str,
    reader: R,
    format: Format,
    line: usize,
    fields: Vec<String>,
}

impl<R: BufRead> Table<R> {
    pub fn new(file: &'static str, reader: R, format: Format) -> Self {
        Self { file, reader, format, line: 0, fields: Vec::new() }
    }

    /// Takes the first record as names of columns.
    pub fn columns(&mut self) -> Result<Columns, LoadError> {
        let file = self.file;
        let names = self.next()?.unwrap_or_default().to_vec();
        Ok(Columns { file, names: names.into_iter().map(|name| name.trim().to_uppercase()).collect() })
    }

    /// The next record that is not blank.
    pub fn next(&mut self) -> Result<Option<&[String]>, LoadError> {
        loop {
            let Some(mut record) = self.line()? else { return Ok(None) };
            while self.format == Format::Comma && record.matches('"').count() % 2 == 1 {
                let Some(more) = self.line()? else { break };
                record.push('\n');
                record.push_str(&more);
                if record.len() > RECORD_BYTES_MAX {
                    return Err(self.too_long());
                }
            }
            if !record.trim().is_empty() {
                self.fields = match self.format {
                    Format::Comma => comma_fields(&record),
                    Format::Tab => record.split('\t').map(str::to_owned).collect(),
                    Format::Bar => record.split('|').map(str::to_owned).collect(),
                };
                return Ok(Some(&self.fields));
            }
        }
    }

    fn too_long(&self) -> LoadError {
        LoadError::Line { file: self.file, line: self.line, limit: RECORD_BYTES_MAX }
    }

    /// A line without its end and without a byte order mark. Bytes that are not UTF-8 are read as Latin-1, in
    /// which some publishers write.
    pub fn line(&mut self) -> Result<Option<String>, LoadError> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(RECORD_BYTES_MAX).unwrap_or(u64::MAX) + 1;
        let mut bounded = std::io::Read::take(&mut self.reader, limit);
        let read = bounded.read_until(b'\n', &mut bytes);
        let count = read.map_err(|source| LoadError::Read { file: self.file, source })?;
        self.line += 1;
        if count == 0 {
            return Ok(None);
        }
        if count > RECORD_BYTES_MAX {
            return Err(self.too_long());
        }
        while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.pop();
        }
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| error.into_bytes().iter().map(|byte| char::from(*byte)).collect());
        Ok(Some(match (self.line, text.strip_prefix('\u{feff}')) {
            (1, Some(rest)) => rest.to_owned(),
            _ => text,
        }))
    }
}

/// Names of columns, in upper case.
pub(super) struct Columns {
    file: &'static str,
    names: Vec<String>,
}

impl Columns {
    /// Place of a column that must be there.
    pub fn required(&self, name: &'static str) -> Result<usize, LoadError> {
        self.optional(name).ok_or(LoadError::Column { file: self.file, column: name })
    }

    /// Place of a column that may be there.
    pub fn optional(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.eq_ignore_ascii_case(name))
    }
}

/// A field by its place; empty when the record is too short.
pub(super) fn field(record: &[String], place: usize) -> &str {
    record.get(place).map_or("", |text| text.trim())
}

fn comma_fields(record: &str) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart() {
        let text = "\u{feff}\"A\",b\r\n\"x, \"\"y\"\"\nz\",2\n\n3,\n";
        let mut table = Table::new("t", text.as_bytes(), Format::Comma);
        let columns = table.columns().unwrap();
        assert_eq!((columns.required("A").unwrap(), columns.optional("B")), (0, Some(1)));
        assert!(matches!(columns.required("C"), Err(LoadError::Column { column: "C", .. })));
        assert_eq!(table.next().unwrap().unwrap(), ["x, \"y\"\nz", "2"]);
        assert_eq!(table.next().unwrap().unwrap(), ["3", ""]);
        assert!(table.next().unwrap().is_none());
    }

    #[test]
    fn odd_bytes_and_endless_lines_are_met() {
        let mut table = Table::new("t", &b"caf\xe9\tx"[..], Format::Tab);
        assert_eq!(table.next().unwrap().unwrap(), ["café", "x"]);
        let endless = vec![b'a'; RECORD_BYTES_MAX + 2];
        assert!(matches!(
            Table::new("t", &endless[..], Format::Tab).next(),
            Err(LoadError::Line { line: 1, .. })
        ));
    }
}
