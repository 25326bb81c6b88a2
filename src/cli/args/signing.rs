//! The command line of keys and signatures.

use std::{convert::Infallible, env, path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass keygen                                 # release.key and release.pub.pem, here
  declass keygen --identity you@example.org      # and declass-trust.toml, for those who verify
  declass keygen -o keys/release-2027.key
  declass keygen --passphrase-file - < secret

The passphrase is that of --passphrase-file, of $DECLASS_KEY_PASSPHRASE, of the systemd credential declass-passphrase, or \
asked for, in this order. The private key is PKCS#8, readable by you alone; nothing is ever overwritten.")]
pub(in crate::cli) struct KeygenArgs {
    /// The file of the private key, or a folder for release.key; the public key is written beside it.
    #[arg(long, short, default_value = ".", value_name = "DIR|FILE")]
    pub(in crate::cli) out: PathBuf,
    /// Who answers for the key: writes a trust file for those who verify, declass-trust.toml beside the public key.
    #[arg(long, value_name = "WHO", value_parser = parse_identity)]
    pub(in crate::cli) identity: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) passphrase: PassphraseArgs,
    /// Print one JSON object: schema, key, public, id, trust (null without --identity).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass sign out --key release.key
  DECLASS_KEY=\"$PEM\" declass sign out          # in CI
  declass verify out --trust declass-trust.toml

Only a claim that fits the files is signed. The claim goes into class-removal.sigstore.json, byte for byte; model.sig is \
written last and is over everything, so that a change of any file needs a new signature. Signing again replaces both.")]
pub(in crate::cli) struct SignArgs {
    /// The release: a folder that `declass unlearn` wrote.
    #[arg(value_name = "OUT")]
    pub(in crate::cli) release: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    /// Print one JSON object: schema, signedBy, root, files.
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

fn parse_identity(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected a name or an address".into()),
        name if name.chars().any(char::is_control) => Err("it has control characters".into()),
        name => Ok(name.to_owned()),
    }
}

/// The key that signs.
#[derive(Args, Debug)]
#[group(skip)]
pub(in crate::cli) struct KeyArgs {
    /// The private key that signs: a PEM file (PKCS#8 or SEC1, P-256), or env:NAME for a variable that holds
    /// the PEM.
    #[arg(long, value_name = "KEY", help_heading = "Signing")]
    pub(in crate::cli) key: Option<KeySource>,
    #[command(flatten)]
    pub(in crate::cli) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
#[group(skip)]
pub(in crate::cli) struct PassphraseArgs {
    /// The file that holds the key's passphrase; `-` reads it from standard input.
    #[arg(long, value_name = "PATH", help_heading = "Signing")]
    pub(in crate::cli) passphrase_file: Option<PathBuf>,
}

/// Where a private key is.
#[derive(Clone, Debug)]
pub(in crate::cli) enum KeySource {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

impl FromStr for KeySource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix("env:") {
            Some(name) => Self::Variable(name.to_owned()),
            None => Self::File(text.into()),
        })
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  declass explain                   # all codes and words
  declass explain DC2003
  declass explain forget-rate       # a check
  declass explain nats              # a word")]
pub(in crate::cli) struct ExplainArgs {
    /// The code of a finding, the name of a check or a metric, or a word of the glossary.
    #[arg(value_name = "CODE|WORD")]
    pub(in crate::cli) what: Option<String>,
    /// Print one JSON object: schema, codes (code, name, verdict, meaning, remedy), checks (id, version, formula, origin,
    /// data, shows, notShown), words (word, text).
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) json: bool,
}

/// How to print a verdict.
#[derive(Args, Debug)]
#[group(skip)]
pub(in crate::cli) struct VerdictArgs {
    /// How to print the verdict [default: human, or github where GITHUB_ACTIONS=true].
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<VerdictFormat>,
    /// Short for --format json.
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
}

impl VerdictArgs {
    /// What was asked for, or else what suits the place.
    pub(in crate::cli) fn format(&self) -> VerdictFormat {
        match self.format {
            Some(format) => format,
            None if self.json => VerdictFormat::Json,
            None if env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") => {
                VerdictFormat::Github
            }
            None => VerdictFormat::Human,
        }
    }
}

/// How a verdict is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum VerdictFormat {
    /// Annotations of GitHub's workflows, one line for each finding.
    Github,
    /// Lines for people.
    Human,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}
