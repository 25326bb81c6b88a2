//! `declass completions` and `declass man`.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use clap::CommandFactory;

use super::{
    Exit,
    args::{Cli, CompletionsArgs, ManArgs},
    output::{Printer, counted},
};

pub(super) fn completions(args: &CompletionsArgs, printer: &Printer) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "declass", &mut script);
    printer.file(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Yes)
}

pub(super) fn man(args: &ManArgs, printer: &Printer) -> Result<Exit> {
    let folder = &args.folder;
    if !folder.is_dir() {
        bail!("`{}` is no folder: `mkdir -p` makes one", folder.display());
    }
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = 0;
    write_pages(&command, &mut |name, page| {
        pages += 1;
        let mut file = tempfile::Builder::new().prefix(".declass-").tempfile_in(folder)?;
        file.write_all(page)?;
        file.persist(folder.join(format!("{name}.1"))).map(|_| ()).map_err(|error| error.error)
    })
    .with_context(|| format!("writing to `{}`", folder.display()))?;
    printer.row(
        "wrote",
        format!("{} in `{}`; `man declass` shows the first", counted(pages, "page"), folder.display()),
    );
    Ok(Exit::Yes)
}

/// A page for a command and for each of those below it.
fn write_pages(
    command: &clap::Command,
    write: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    let name = man.get_filename();
    man.render(&mut page)?;
    write(name.trim_end_matches(".1"), &page)?;
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .try_for_each(|below| write_pages(below, write))
}
