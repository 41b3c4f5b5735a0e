//! Places near a point (R4 Location §8.7.4, `near`).

use crate::escape::split;
use fhir::Node;

/// A condition on a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearTest {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far away at most.
    pub distance_km: f64,
}

/// The mean radius of the earth.
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// What is near when no distance is given.
const DEFAULT_DISTANCE_KM: f64 = 50.0;
/// Units of distance, UCUM's and the usual ones, in kilometres.
const UNITS: [(&str, f64); 9] = [
    ("km", 1.0),
    ("m", 0.001),
    ("cm", 0.00001),
    ("[mi_i]", 1.609_344),
    ("mi", 1.609_344),
    ("[mi_us]", 1.609_347_218_694),
    ("[nmi_i]", 1.852),
    ("[ft_i]", 0.000_304_8),
    ("[yd_i]", 0.000_914_4),
];

impl NearTest {
    /// Reads `latitude|longitude`, `…|distance` in kilometres or `…|distance|unit`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shape = || "write latitude|longitude|distance|unit, such as 42.26|-83.69|11|km".to_owned();
        let parts = split(text, '|');
        let number = |at: usize| match parts.get(at) {
            Some(text) => text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(shape),
            None => Err(shape()),
        };
        let (latitude, longitude) = (number(0)?, number(1)?);
        let distance = match parts.get(2) {
            None | Some(&"") => DEFAULT_DISTANCE_KM,
            Some(_) => number(2)?,
        };
        let unit = parts.get(3).copied().filter(|unit| !unit.is_empty()).unwrap_or("km");
        let (_, factor) = UNITS.iter().find(|(code, _)| *code == unit).ok_or_else(|| {
            let known: Vec<_> = UNITS.iter().map(|(code, _)| *code).collect();
            format!("{unit} is no unit of distance known here; known are {}", known.join(", "))
        })?;
        if parts.len() > 4 || latitude.abs() > 90.0 || longitude.abs() > 180.0 || distance < 0.0 {
            return Err(shape());
        }
        Ok(Self { latitude, longitude, distance_km: distance * factor })
    }

    /// Whether a `Location.position` is near enough.
    pub(crate) fn holds(&self, position: Node<'_>) -> bool {
        let degrees = |name: &str| position.get(name).and_then(Node::scalar)?.parse::<f64>().ok();
        match (degrees("latitude"), degrees("longitude")) {
            (Some(latitude), Some(longitude)) => self.distance_to_km(latitude, longitude) <= self.distance_km,
            _ => false,
        }
    }

    /// The distance along the great circle (haversine).
    fn distance_to_km(&self, latitude: f64, longitude: f64) -> f64 {
        let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let parallel = self.latitude.to_radians().cos() * latitude.to_radians().cos();
        let square = half_sine(latitude - self.latitude) + parallel * half_sine(longitude - self.longitude);
        2.0 * EARTH_RADIUS_KM * square.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_on_the_globe() {
        let paris = NearTest::parse("48.8566|2.3522|344|km").unwrap();
        let to_london = paris.distance_to_km(51.5074, -0.1278);
        assert!((to_london - 343.6).abs() < 1.0, "{to_london}");
        assert_eq!(NearTest::parse("1|2|1|[mi_i]").unwrap().distance_km, 1.609_344);
        assert_eq!(NearTest::parse("1|2").unwrap().distance_km, 50.0);
        for text in ["", "1", "91|0|1|km", "1|2|x|km", "1|2|3|furlong", "1|2|3|km|4", "NaN|1"] {
            assert!(NearTest::parse(text).is_err(), "{text}");
        }
    }
}
