//! Results of calls: all in the content behind the calls, under the name of the tool (traps 50 and 51).

use super::arrange::Arranger;
use super::{Form, Piece, Speaker};
use crate::error::EncodeError;
use crate::ir::{Part, ToolResult};
use crate::json::Str;

impl<'r> Arranger<'r, '_> {
    /// Puts a result beside its call's others. The last of several results for one call counts (trap 14); a result
    /// without a call is told as text.
    pub(super) fn result(
        &mut self,
        place: (usize, usize),
        result: &'r ToolResult,
    ) -> Result<(), EncodeError> {
        let request = self.scope.request;
        let path = || request.part_path(place.0, place.1);
        self.scope.foreign(&result.extensions, path);
        self.scope.unmark(result.cache.is_some(), path);
        let (text, media) = self.outcome(place, result)?;
        let Some(call) = self.calls.of_result(&result.call_id) else {
            let why = "no call before it has this id: told as the user's words";
            self.scope.losses.changed(path(), why);
            self.orphan(place, result, &text, media);
            return Ok(());
        };
        let open = &self.calls.open[call];
        let (id, name) = (open.id.clone(), open.name.clone());
        let inside = self.scope.native || self.scope.profile().result_parts;
        let (media, behind) = if inside {
            (media, Vec::new())
        } else {
            (Vec::new(), media)
        };
        let form = Form::Result {
            result,
            id,
            name,
            text,
            media,
        };
        let piece = Piece::new(form, place.0);
        let at = self.answers();
        let results = &mut self.contents[at].results;
        match &mut self.calls.open[call].answer {
            Some((earlier, position)) => {
                let earlier = std::mem::replace(earlier, place);
                results[*position].1 = piece;
                self.drop_part(earlier, "a later result for the same call counts");
            }
            answer => {
                *answer = Some((place, results.len()));
                results.push((call, piece));
            }
        }
        self.contents[at].pieces.extend(behind);
        Ok(())
    }

    fn orphan(
        &mut self,
        place: (usize, usize),
        result: &ToolResult,
        text: &str,
        media: Vec<Piece<'r>>,
    ) {
        let line = if text.is_empty() { "" } else { "\n" };
        let told = format!("[result of the call {}]{line}{text}", result.call_id);
        self.push(
            Speaker::User,
            Piece::new(Form::Text(Str::from(told)), place.0),
        );
        for piece in media {
            self.push(Speaker::User, piece);
        }
    }

    /// The text of an outcome, and its pictures and files.
    fn outcome(
        &mut self,
        place: (usize, usize),
        result: &'r ToolResult,
    ) -> Result<(Str, Vec<Piece<'r>>), EncodeError> {
        let request = self.scope.request;
        let mut texts: Vec<Str> = Vec::new();
        let mut media = Vec::new();
        for (index, part) in result.parts.iter().enumerate() {
            let path = || request.result_part_path(place.0, place.1, index, result.bare);
            match part {
                Part::Text(text) => {
                    self.scope.foreign(&text.extensions, path);
                    self.scope.unmark(text.cache.is_some(), path);
                    texts.push(text.text.clone());
                }
                Part::Media(medium) => {
                    for piece in self.media(place, medium, &path)? {
                        match piece.form {
                            Form::Text(text) => texts.push(text),
                            _ => media.push(piece),
                        }
                    }
                }
                _ => {
                    let why = "Gemini's results hold texts, images and files";
                    self.scope.losses.dropped(path(), why);
                }
            }
        }
        let text = match texts.len() {
            1 => texts.swap_remove(0),
            _ => Str::from(texts.join("\n")),
        };
        Ok((text, media))
    }
}
