//! Code-system files, as they lie in the data folder: however damaged, they are read within bounds.

use super::Target;
use terminology::{CodeSystemFile, Terminology};

pub const TARGET: Target = Target {
    name: "code_system_file",
    help: "a code-system file, damaged or not: refused, or every walk through it comes to an end",
    check: |bytes| {
        let Ok(file) = CodeSystemFile::from_vec(bytes.to_vec()) else { return };
        assert_eq!(file.bytes(), bytes);
        assert_sound(&file);
        let mut terminology = Terminology::empty();
        terminology.add_loaded(file.clone());
        for row in file.rows() {
            let _ = terminology.lookup(&file.header().url, None, &row.code());
        }
    },
    words: &[
        "chiron-code-system\t1\n",
        "concepts\t",
        "children\t",
        "\t",
        "\n",
        "\n\n",
        "\\t",
        "\\",
        "|",
        "=",
        "999999999999",
        "18446744073709551615",
        "url\t",
        "content\t",
    ],
    cases: 6_000,
};

/// Asks a file everything it can be asked.
pub fn assert_sound(file: &CodeSystemFile) {
    let _ = (file.header().canonical(), file.has_hierarchy(), file.is_partial());
    assert!(file.rows_in_order().len() <= file.bytes().len());
    for row in file.rows() {
        let concept = file.concept(row);
        assert_eq!(concept.code, row.code());
        file.find(&concept.code);
        assert!(file.ancestors(row).len() <= file.bytes().len());
    }
}
