//! What is at the address alone: for curl the lines that it can run, for a browser the page.

use crate::call::{Reply, TEXT};

/// Lists the addresses as lines to run, with the server as the client calls it.
pub(crate) fn text(host: &str) -> Reply {
    let host = if host.is_empty() { "127.0.0.1:4747" } else { host };
    let lines = format!(
        "\
Launchway makes a service for Amazon ECS or Kubernetes, with its deployment files. This server makes the same files as
the program, for a browser at http://{host}/ or for curl:

  curl http://{host}/v1/templates
      lists the templates
  curl http://{host}/v1/templates/service
      shows the questions of one of them, with what each answer means
  curl -o orders.zip 'http://{host}/v1/archive.zip?service=orders&target=ecs'
      makes a project; `/v1/archive.tar.gz` packs it the other way
  curl 'http://{host}/v1/file?path=README.md&service=orders&target=ecs'
      shows one file of it
  curl --json '{{\"answers\": {{\"service\": \"orders\", \"target\": \"ecs\"}}}}' http://{host}/v1/plan
      shows every file, what they create, and the command that makes the same project
  curl http://{host}/openapi.json
      describes every address
"
    );
    Reply::new(TEXT, lines)
}

/// Adds the way to the form for who has no JavaScript: the page is made for static files, too, and cannot know of a server.
pub(crate) fn with_form(mut page: Reply) -> Reply {
    if let Ok(text) = std::str::from_utf8(&page.bytes) {
        page.bytes = text.replacen("</noscript>", FORM, 1).into();
    }
    page
}

const FORM: &str = "<p><a href=\"/form\">A form that needs no JavaScript</a></p>\n\
                    <p lang=\"ko\"><a href=\"/form?lang=ko\">JavaScript 없이 쓰는 양식</a></p>\n</noscript>";
