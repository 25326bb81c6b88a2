//! What git tells a hook about a push.

use crate::{error::Error, git::ObjectId};

/// When git asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hook {
    /// Before anything is sent, on the side of the one who pushes.
    PrePush,
    /// Before anything is accepted, on the side of the repository that is pushed to.
    PreReceive,
}

/// Something that a name will stand for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// The ref, for people.
    pub name: String,
    /// Its object, by any name that git knows.
    pub object: String,
}

impl Hook {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PrePush, Self::PreReceive];

    /// As git calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Every ref that a hook was told of on its standard input, but those that are deleted.
    ///
    /// # Errors
    /// [`Error::Git`] if a line is not as git writes it.
    pub fn read(self, input: &[u8]) -> Result<Vec<Pushed>, Error> {
        let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut pushed = Vec::new();
        for line in lines {
            let line = String::from_utf8_lossy(line);
            let (object, name) = self.read_line(&line).ok_or_else(|| Error::Git {
                reason: format!("`{line}` is not a line of a {} hook", self.name()),
            })?;
            if !object.is_none() {
                pushed.push(Pushed { name, object: object.to_string() });
            }
        }
        Ok(pushed)
    }

    fn read_line(self, line: &str) -> Option<(ObjectId, String)> {
        let (new, name) = match self {
            Self::PrePush => {
                // What was pushed stands first, and may be written in any way, with spaces.
                let [old, name, new, _] = line.rsplitn(4, ' ').collect::<Vec<_>>().try_into().ok()?;
                old.parse::<ObjectId>().ok()?;
                (new, name)
            }
            Self::PreReceive => {
                let [old, new, name] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().ok()?;
                old.parse::<ObjectId>().ok()?;
                (new, name)
            }
        };
        Some((new.parse().ok()?, name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ref_but_deleted_ones_is_read() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let pushed = |name: &str| Pushed { name: name.into(), object: a.clone() };
        let input = format!(
            "refs/heads/x {a} refs/heads/y {b}\nHEAD@{{1 day ago}} {a} -z {none}\n(delete) {none} refs/heads/w {b}\n"
        );
        let expected = [pushed("refs/heads/y"), pushed("-z")];
        assert_eq!(Hook::PrePush.read(input.as_bytes()).unwrap(), expected);
        let input = format!("{b} {a} refs/heads/y\n{b} {none} refs/heads/w\n");
        assert_eq!(Hook::PreReceive.read(input.as_bytes()).unwrap(), [pushed("refs/heads/y")]);
        assert_eq!(Hook::PrePush.read(b"").unwrap(), []);
    }

    #[test]
    fn other_lines_are_refused() {
        let a = "a".repeat(40);
        for line in
            ["x", &format!("{a} {a}"), &format!("x {a} y z"), &format!("x --all y {a}"), &format!("{a} x y")]
        {
            assert!(Hook::PrePush.read(line.as_bytes()).is_err(), "{line}");
            assert!(Hook::PreReceive.read(line.as_bytes()).is_err(), "{line}");
        }
    }
}
