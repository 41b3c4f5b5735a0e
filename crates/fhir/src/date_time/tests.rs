//! Dates and times read, written, compared and counted with.

use super::*;
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::cmp::Ordering::{self, Equal, Greater, Less};

fn lenient(text: &str) -> DateTime {
    DateTime::parse_lenient(text).unwrap_or_else(|_| panic!("{text}"))
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|_| panic!("{text}"))
}

fn time(text: &str) -> Time {
    Time::parse_lenient(text).unwrap_or_else(|_| panic!("{text}"))
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

#[test]
fn strict_dates_and_times() {
    for good in ["2024", "2024-02", "2024-02-29", "0001-01-01", "9999-12-31"] {
        assert_eq!(date(good).to_string(), good);
        assert_eq!(DateTime::parse(good).unwrap().to_string(), good);
    }
    for bad in [
        "",
        "0000",
        "24",
        "2024-13",
        "2024-00",
        "2023-02-29",
        "2024-1-1",
        "2024-02-30",
        "2024-02-1",
        "2024-",
        " 2024",
        "2024 ",
        "20245",
        "+024",
        "٢٠٢٤",
        "2024-02-29-",
    ] {
        assert!(Date::parse(bad).is_err(), "{bad}");
        assert!(DateTime::parse(bad).is_err(), "{bad}");
    }
    for good in [
        "2015-02-07T13:28:17-05:00",
        "2015-02-07T13:28:17.239+02:00",
        "2017-01-01T00:00:00.000Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:59.123456789012345678Z",
        "2016-12-31T23:59:59.10-00:00",
        "2016-12-31T23:59:59+14:00",
    ] {
        assert_eq!(DateTime::parse(good).unwrap().to_string(), good);
        assert_eq!(Instant::parse(good).unwrap().to_string(), good);
    }
    for bad in [
        "2015-02-07T13:28Z",
        "2015-02-07T13:28:17",
        "2015-02-07T24:00:00Z",
        "2015-02-07T13:28:17.Z",
        "2015-02-07T13:28:17+14:01",
        "2015-02-07T13:28:17+15:00",
        "2015-02-07T13:28:17+05",
        "2015-02-07T",
        "2015-02T13:28:17Z",
        "2015-02-07 13:28:17Z",
        "2015-02-07T13:28:61Z",
        "2015-02-07t13:28:17z",
    ] {
        assert!(DateTime::parse(bad).is_err(), "{bad}");
        assert!(Instant::parse(bad).is_err(), "{bad}");
    }
    assert!(Instant::parse("2015-02-07").is_err());
    assert_eq!(Time::parse("08:30:00.5").unwrap().to_string(), "08:30:00.5");
    for bad in ["08:30", "08", "8:30:00", "24:00:00", "08:30:00Z", "T08:30:00", "08:30:00."] {
        assert!(Time::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn lenient_literals_and_search_values() {
    for good in ["2015-02-04T14", "2015-02-04T14:34", "2015-02-04T14:34:28.123", "2015-02-04T14+10:00"] {
        assert_eq!(lenient(good).to_string(), good);
    }
    assert_eq!(lenient("2015T"), DateTime::from(date("2015")));
    assert_eq!(lenient("2015-02T"), DateTime::from(date("2015-02")));
    for good in ["14", "14:34", "14:34:28", "14:34:28.123"] {
        assert_eq!(time(good).to_string(), good);
        assert_eq!(time(&format!("T{good}")).to_string(), good);
    }
    assert!(Time::parse_lenient("14:34:28Z").is_err());
}

#[test]
fn ranges() {
    let day = 86_400_000;
    assert_eq!(date("1970").range_ms(0), (0, 365 * day));
    assert_eq!(date("2024-02").range_ms(0), (19_754 * day, 19_783 * day));
    assert_eq!(date("1970-01-01").range_ms(120), (-7_200_000, day - 7_200_000));
    assert_eq!(lenient("1970-01-01T00:00:01Z").range_ms(60), (1000, 2000));
    assert_eq!(lenient("1970-01-01T01:00:01+01:00").range_ms(0), (1000, 2000));
    assert_eq!(lenient("1970-01-01T01:00").range_ms(60), (0, 60_000));
    assert_eq!(lenient("1970-01-01T00:00:00.5Z").range_ms(0), (500, 600));
    assert_eq!(lenient("1970-01-01T00:00:00.1234Z").range_ms(0), (123, 124));
    assert_eq!(Instant::from_ms(1_700_000_000_123).unwrap().to_string(), "2023-11-14T22:13:20.123Z");
    assert_eq!(DateTime::from_ms(-1, -300).unwrap().to_string(), "1969-12-31T18:59:59.999-05:00");
    assert_eq!(Date::from_ms(-1, 0).unwrap().to_string(), "1969-12-31");
    assert_eq!(Date::from_ms(i64::MAX, 840), None);
    assert_eq!(DateTime::from_ms(i64::MIN, -840), None);
}

#[test]
fn comparisons() {
    let table: &[(&str, &str, Option<Ordering>)] = &[
        ("2012-04-15", "2012-04-16", Some(Less)),
        ("2012-04-15", "2012-04-15T10:00:00", None),
        ("2012-04-15", "2012-04-16T10:00:00Z", Some(Less)),
        ("1974-12-25", "1974-12-25T12:34:00-10:00", None),
        ("2018-03", "2018-03-01", None),
        ("2018-03", "2018-04-01", Some(Less)),
        ("2018-03-01T10:30", "2018-03-01T10:30:00", None),
        ("2018-03-01T10:31", "2018-03-01T10:30:00", Some(Greater)),
        ("2018-03-01T10:30:00", "2018-03-01T10:30:00.0", Some(Equal)),
        ("2012-04-15T15:30:31", "2012-04-15T15:30:31.1", Some(Less)),
        ("2012-04-15T15:00:00Z", "2012-04-15T10:00:00", None),
        ("2012-04-15T15:00:00Z", "2012-04-17T10:00:00", Some(Less)),
        ("2012-04-15T15:00:00+02:00", "2012-04-15T16:00:00+03:00", Some(Equal)),
        ("2017-11-05T01:30:00.0-04:00", "2017-11-05T01:15:00.0-05:00", Some(Less)),
        ("2017-01-01T00:30:00+01:00", "2016-12-31T23:30:00Z", Some(Equal)),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", Some(Less)),
    ];
    for (left, right, expected) in table {
        assert_eq!(lenient(left).compare(lenient(right)), *expected, "{left} {right}");
        assert_eq!(lenient(right).compare(lenient(left)), expected.map(Ordering::reverse), "{right} {left}");
        assert_eq!(lenient(left).equivalent(lenient(right)), *expected == Some(Equal));
    }
    assert_eq!(time("10:30").compare(time("10:30:00")), None);
    assert_eq!(time("10:30:00").compare(time("10:30:00.0")), Some(Equal));
    assert_eq!(time("12:00:00").compare(time("14:00:00")), Some(Less));
}

#[test]
fn arithmetic_by_the_calendar() {
    use CalendarUnit::{Day, Hour, Millisecond, Minute, Month, Second, Week, Year};
    let table: &[(&str, &str, CalendarUnit, &str)] = &[
        ("1973-12-25", "7", Day, "1974-01-01"),
        ("1973-12-25", "7.7", Day, "1974-01-01"),
        ("1973-12-25T00:00:00.000+10:00", "7.7", Day, "1974-01-01T00:00:00.000+10:00"),
        ("1973-12-25T00:00:00.000+10:00", "1", Second, "1973-12-25T00:00:01.000+10:00"),
        ("1973-12-25T00:00:00.000+10:00", "0.1", Second, "1973-12-25T00:00:00.100+10:00"),
        ("1973-12-25T00:00:00.000+10:00", "10", Millisecond, "1973-12-25T00:00:00.010+10:00"),
        ("1973-12-25T00:00:00Z", "10", Millisecond, "1973-12-25T00:00:00.010Z"),
        ("1973-12-25T00:00:00Z", "-10", Millisecond, "1973-12-24T23:59:59.990Z"),
        ("1973-12-25T00:00:00.000+10:00", "1", Minute, "1973-12-25T00:01:00.000+10:00"),
        ("1973-12-25T23:30:00Z", "1", Hour, "1973-12-26T00:30:00Z"),
        ("1973-12-25", "1", Month, "1974-01-25"),
        ("1973-12-25", "1", Week, "1974-01-01"),
        ("2024-01-31", "1", Month, "2024-02-29"),
        ("2023-01-31", "1", Month, "2023-02-28"),
        ("2024-02-29", "1", Year, "2025-02-28"),
        ("2024-02-29", "-1", Month, "2024-01-29"),
        ("2024-03", "-3", Month, "2023-12"),
        ("2014", "24", Month, "2016"),
        ("2014", "23", Month, "2015"),
        ("2014", "-23", Month, "2013"),
        ("2014", "365", Day, "2015"),
        ("2019-03", "61", Day, "2019-05"),
        ("2019-03-01", "25", Hour, "2019-03-02"),
        ("2019-03-01T10", "119", Minute, "2019-03-01T11"),
        ("2019-03-01T10:30", "119", Second, "2019-03-01T10:31"),
    ];
    for (start, amount, unit, end) in table {
        let sum = lenient(start).add(decimal(amount), *unit).map(|moment| moment.to_string());
        assert_eq!(sum.as_deref(), Some(*end), "{start} + {amount} {unit:?}");
    }
    assert_eq!(date("9999-12-31").add(Decimal::ONE, Day), None);
    assert_eq!(date("0001").add(Decimal::NEGATIVE_ONE, Year), None);
    assert_eq!(date("2000-01-01").add(Decimal::MAX, Year), None);
    assert_eq!(date("2000-01-01").add(Decimal::from(i64::MAX), Day), None);
    let clock: &[(&str, i64, CalendarUnit, &str)] = &[
        ("23:00:00", 2, Hour, "01:00:00"),
        ("23:00:00", 50, Hour, "01:00:00"),
        ("00:30:00", -1, Hour, "23:30:00"),
        ("23:59:59.999", 1, Millisecond, "00:00:00.000"),
    ];
    for (start, amount, unit, end) in clock {
        assert_eq!(time(start).add(Decimal::from(*amount), *unit).unwrap().to_string(), *end);
    }
    assert_eq!(time("10:00").add(Decimal::ONE, Day), None);
}

#[test]
fn boundaries() {
    assert_eq!(date("2014").low_boundary(Some(6)), Some(date("2014-01")));
    assert_eq!(date("2014").high_boundary(Some(6)), Some(date("2014-12")));
    assert_eq!(date("2024-02").high_boundary(None), Some(date("2024-02-29")));
    assert_eq!(date("2024-02").high_boundary(Some(7)), None);
    assert_eq!(date("2024-02").high_boundary(Some(17)), None);
    let table: &[(&str, u32, &str, &str)] = &[
        ("2014-01-01T08", 17, "2014-01-01T08:00:00.000+14:00", "2014-01-01T08:59:59.999-12:00"),
        ("2014-01-01T08:05-05:00", 17, "2014-01-01T08:05:00.000-05:00", "2014-01-01T08:05:59.999-05:00"),
        ("2014-01-01T08", 8, "2014-01-01", "2014-01-01"),
        ("2014", 17, "2014-01-01T00:00:00.000+14:00", "2014-12-31T23:59:59.999-12:00"),
        ("2014", 12, "2014-01-01T00:00+14:00", "2014-12-31T23:59-12:00"),
    ];
    for (text, digits, low, high) in table {
        assert_eq!(lenient(text).low_boundary(Some(*digits)).unwrap().to_string(), *low);
        assert_eq!(lenient(text).high_boundary(Some(*digits)).unwrap().to_string(), *high);
    }
    assert_eq!(time("10:30").low_boundary(None).unwrap().to_string(), "10:30:00.000");
    assert_eq!(time("10:30").high_boundary(Some(9)).unwrap().to_string(), "10:30:59.999");
    assert_eq!(time("10:30").high_boundary(Some(8)), None);
}

#[test]
fn distances() {
    use CalendarUnit::{Day, Hour, Millisecond, Month, Week, Year};
    let table: &[(&str, &str, CalendarUnit, i64, i64)] = &[
        ("2000-02-29", "2001-02-28", Year, 0, 1),
        ("2000-02-29", "2001-03-01", Year, 1, 1),
        ("2023-12-31", "2024-01-01", Year, 0, 1),
        ("2024-01-01", "2023-12-31", Year, 0, -1),
        ("2024-01-31", "2024-02-29", Month, 0, 1),
        ("2024-03-01", "2024-01-01", Month, -2, -2),
        ("2024-06-01", "2024-06-02", Week, 0, 1),
        ("2024-06-02", "2024-06-16", Week, 2, 2),
        ("2024-06-01T23:30:00Z", "2024-06-02T00:30:00Z", Day, 0, 1),
        ("2024-06-01T23:30:00Z", "2024-06-02T00:30:00+01:00", Hour, 0, 0),
        ("2024-06-01T23:30:00.000Z", "2024-06-01T23:30:00.250Z", Millisecond, 250, 250),
    ];
    for (start, end, unit, duration, difference) in table {
        assert_eq!(lenient(start).duration_until(lenient(end), *unit), Some(*duration), "{start} {end}");
        assert_eq!(lenient(start).difference_until(lenient(end), *unit), Some(*difference), "{start} {end}");
    }
    assert_eq!(date("2024").duration_until(date("2025"), Month), None);
    assert_eq!(date("2024-01-01").duration_until(date("2024-01-02"), Hour), None);
}

#[test]
fn precision_digits() {
    assert_eq!(date("2014").precision().date_time_digits(), 4);
    assert_eq!(lenient("2014-01-05T10:30:00.000").precision().date_time_digits(), 17);
    assert_eq!(time("10:30").precision().time_digits(), 4);
    assert_eq!(time("10:30:00.000").precision().time_digits(), 9);
    assert_eq!(Precision::from_time_digits(0), None);
}

prop_compose! {
    fn any_date_time()(
        days in -719_162_i64..=2_932_896, seconds in 0_i64..86_400, digits in 0_u32..=18, fraction: u64,
        zone in -840_i32..=840, utc: bool, keep in 0_usize..8,
    ) -> String {
        let day = Date::from_days(days).unwrap().to_string();
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let zone = match (utc, zone) {
            (true, _) => "Z".to_owned(),
            (_, zone) => {
                let sign = if zone < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", zone.abs() / 60, zone.abs() % 60)
            }
        };
        let point = if digits == 0 {
            String::new()
        } else {
            format!(".{:0width$}", fraction % 10_u64.pow(digits), width = digits as usize)
        };
        match keep {
            0 => day[..4].to_owned(),
            1 => day[..7].to_owned(),
            2 => day,
            _ => format!("{day}T{hour:02}:{minute:02}:{second:02}{point}{zone}"),
        }
    }
}

proptest! {
    #[test]
    fn written_is_what_was_read(text in any_date_time()) {
        prop_assert_eq!(DateTime::parse(&text).unwrap().to_string(), text.as_str());
        prop_assert_eq!(DateTime::parse_lenient(&text).unwrap(), DateTime::parse(&text).unwrap());
    }

    #[test]
    fn never_panics(text in "[0-9TZ:+.-]{0,32}|\\PC*") {
        let _ = (Date::parse(&text), DateTime::parse(&text), DateTime::parse_lenient(&text), Time::parse(&text));
        let _ = (Instant::parse(&text), Time::parse_lenient(&text));
    }

    #[test]
    fn boundaries_hold_the_value(text in any_date_time(), offset in -840_i32..=840) {
        let value = DateTime::parse(&text).unwrap();
        let (low, high) = value.range_ms(offset);
        prop_assert!(low < high);
        let (first, last) = (value.low_boundary(None).unwrap(), value.high_boundary(None).unwrap());
        prop_assert!(first.range_ms(0).0 <= value.range_ms(0).1);
        prop_assert!(first.compare(last) != Some(Greater));
    }

    #[test]
    fn order_agrees_with_the_intervals(left in any_date_time(), right in any_date_time()) {
        let (left, right) = (DateTime::parse(&left).unwrap(), DateTime::parse(&right).unwrap());
        if left.time().is_some() == right.time().is_some() && left.compare(right) == Some(Less) {
            prop_assert!(left.range_ms(0).0 <= right.range_ms(0).0);
        }
        prop_assert_eq!(left.compare(right), right.compare(left).map(Ordering::reverse));
    }

    #[test]
    fn adding_and_taking_off_days_comes_back(text in any_date_time(), days in -100_000_i64..100_000) {
        let start = DateTime::parse(&text).unwrap();
        prop_assume!(start.precision() >= Precision::Day);
        if let Some(end) = start.add(days.into(), CalendarUnit::Day) {
            prop_assert_eq!(end.difference_until(start, CalendarUnit::Day), Some(-days));
            prop_assert_eq!(end.add((-days).into(), CalendarUnit::Day).map(|back| back.compare(start)), Some(Some(Equal)));
        }
    }

    #[test]
    fn adding_anything_never_panics(text in any_date_time(), amount: i64, scale in 0_u32..28, unit in 0_usize..8) {
        let unit = [CalendarUnit::Year, CalendarUnit::Month, CalendarUnit::Week, CalendarUnit::Day,
            CalendarUnit::Hour, CalendarUnit::Minute, CalendarUnit::Second, CalendarUnit::Millisecond][unit];
        let start = DateTime::parse(&text).unwrap();
        let amount = Decimal::from_i128_with_scale(amount.into(), scale);
        let _ = start.add(amount, unit);
        let _ = start.time().map(|time| time.add(amount, unit));
    }

    #[test]
    fn instants_come_back(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
        prop_assert_eq!(Instant::parse(&Instant::from_ms(ms).unwrap().to_string()).unwrap().ms(), ms);
    }
}
