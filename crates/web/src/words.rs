//! How dates, units and names of tests are written for people.

/// The short names clinicians use, by LOINC code (LOINC, loinc.org, is copyright Regenstrief Institute, Inc.). Others
/// are their long name cut at its method and specimen.
const TESTS: [(&str, &str); 26] = [
    ("4548-4", "Hemoglobin A1c"),
    ("2345-7", "Glucose"),
    ("2339-0", "Glucose"),
    ("3094-0", "Urea nitrogen"),
    ("6299-2", "Urea nitrogen"),
    ("2160-0", "Creatinine"),
    ("38483-4", "Creatinine"),
    ("98979-8", "eGFR"),
    ("33914-3", "eGFR"),
    ("9318-7", "Albumin/creatinine, urine"),
    ("14959-1", "Albumin/creatinine, urine"),
    ("2093-3", "Cholesterol"),
    ("2085-9", "HDL cholesterol"),
    ("18262-6", "LDL cholesterol"),
    ("13457-7", "LDL cholesterol"),
    ("2571-8", "Triglycerides"),
    ("3016-3", "TSH"),
    ("6690-2", "White cells"),
    ("789-8", "Red cells"),
    ("718-7", "Hemoglobin"),
    ("4544-3", "Hematocrit"),
    ("787-2", "MCV"),
    ("777-3", "Platelets"),
    ("6301-6", "INR"),
    ("34714-6", "INR"),
    ("2028-9", "Carbon dioxide"),
];

/// UCUM codes and words of measurement as people write them.
const UNITS: [(&str, &str); 17] = [
    ("Cel", "°C"),
    ("[degF]", "°F"),
    ("mm[Hg]", "mmHg"),
    ("/min", "/min"),
    ("beats/minute", "/min"),
    ("breaths/minute", "/min"),
    ("{beats}/min", "/min"),
    ("kg/m2", "kg/m²"),
    ("10*3/uL", "10³/µL"),
    ("10*6/uL", "10⁶/µL"),
    ("10*9/L", "10⁹/L"),
    ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
    ("mL/min/1.73 m2", "mL/min/1.73 m²"),
    ("ug/dL", "µg/dL"),
    ("uIU/mL", "µIU/mL"),
    ("u[IU]/mL", "µIU/mL"),
    ("{score}", "points"),
];

/// A recorded date as `04-Jul-1985`: no reader can take the day for the month. Partial dates stay partial.
pub(crate) fn date(recorded: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = recorded.split('-');
    let (year, month, day) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (month, day) {
        (Some(month), Some(day)) => format!("{day}-{month}-{year}"),
        (Some(month), None) => format!("{month}-{year}"),
        _ => recorded.to_owned(),
    }
}

/// A unit as people write it; annotations in braces go.
pub(crate) fn unit(recorded: &str) -> String {
    if let Some((_, written)) = UNITS.iter().find(|(code, _)| *code == recorded) {
        return (*written).to_owned();
    }
    match (recorded.find('{'), recorded.find('}')) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &recorded[..start], &recorded[end + 1..]),
        _ => recorded.to_owned(),
    }
}

/// The name of a test, short enough for a column.
pub(crate) fn test_name(code: &str, name: &str) -> String {
    if let Some((_, short)) = TESTS.iter().find(|(known, _)| *known == code) {
        return (*short).to_owned();
    }
    // "Cholesterol in LDL [Mass/volume] in Serum or Plasma": what stands before the bracket is measured.
    let cut = name.find(" [").or_else(|| [" in ", " by "].iter().filter_map(|cut| name.find(cut)).min());
    let short = &name[..cut.filter(|end| *end > 0).unwrap_or(name.len())];
    // LOINC writes the kind of a substance behind a dot: "Bilirubin.total".
    match short.split_once('.') {
        Some((substance, kind))
            if !substance.contains('/')
                && substance.ends_with(char::is_alphabetic)
                && kind.starts_with(char::is_lowercase) =>
        {
            format!("{substance}, {kind}")
        }
        _ => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_cannot_be_misread_and_stay_as_exact_as_recorded() {
        assert_eq!(["1985-07-04", "1985-07", "1985", ""].map(date), ["04-Jul-1985", "Jul-1985", "1985", ""]);
    }

    #[test]
    fn units_and_names_are_written_for_people() {
        assert_eq!(["Cel", "mg/g{creat}", "mg/dL"].map(unit), ["°C", "mg/g", "mg/dL"]);
        assert_eq!(test_name("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "Hemoglobin A1c");
        assert_eq!(test_name("x", "Sodium [Moles/volume] in Serum or Plasma"), "Sodium");
        assert_eq!(test_name("x", "Barbiturates in Urine"), "Barbiturates");
        assert_eq!(test_name("x", "Bilirubin.total [Mass/volume] in Serum or Plasma"), "Bilirubin, total");
        assert_eq!(
            test_name("x", "Cholesterol in LDL [Mass/volume] in Serum or Plasma"),
            "Cholesterol in LDL"
        );
    }
}
