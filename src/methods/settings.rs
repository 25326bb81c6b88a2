//! What a user may set of a method, beside the learning rate.

use std::collections::BTreeMap;

use super::Method;
use crate::error::RemovalError;

/// A number that a method's formula depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Its name on the command line and in the claim.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// The paper's value.
    pub default: f64,
    /// The values that make sense, both ends included.
    pub range: (f64, f64),
}

/// Values of all settings of a method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<&'static str, f64>);

impl Settings {
    /// The value of a setting that the method has.
    ///
    /// # Panics
    /// If the method has none of this name: a slip of the programmer.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("the method has no setting `{name}`"))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().map(|(&name, &value)| (name, value))
    }
}

impl Method {
    /// The settings with their defaults.
    #[must_use]
    pub fn defaults(&self) -> Settings {
        Settings(self.settings.iter().map(|setting| (setting.name, setting.default)).collect())
    }

    /// The settings with the values that a user gives, and the defaults of the others.
    ///
    /// # Errors
    /// [`RemovalError::UnknownSetting`] for a name that the method does not have or that is given twice,
    /// [`RemovalError::SettingOutOfRange`].
    pub fn settings(&self, given: &[(String, f64)]) -> Result<Settings, RemovalError> {
        let mut settings = Settings::default();
        for (name, value) in given {
            let setting = self.settings.iter().find(|setting| setting.name == name);
            let setting = setting.filter(|setting| !settings.0.contains_key(setting.name));
            let setting = setting.ok_or_else(|| RemovalError::UnknownSetting {
                method: self.name,
                name: name.clone(),
                known: self.settings.iter().map(|setting| setting.name).collect(),
            })?;
            let (least, most) = setting.range;
            if !(least..=most).contains(value) {
                return Err(RemovalError::SettingOutOfRange {
                    name: setting.name,
                    value: *value,
                    least,
                    most,
                });
            }
            settings.0.insert(setting.name, *value);
        }
        let mut all = self.defaults();
        all.0.extend(settings.0);
        Ok(all)
    }
}
