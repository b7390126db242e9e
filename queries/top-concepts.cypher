// The concepts that most papers name.
//
// in   kind: string = ""         only Method, Dataset or Task; empty for all
// in   limit: integer = 30       most rows to return
// out  id: string                id of the concept
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  papers: integer           papers that name it
// out  mentions: integer         places that name it
// out  aliases: list<string>     other forms found, most frequent first
MATCH (c:Concept)
WHERE $kind = '' OR toLower(c.kind) = toLower($kind)
RETURN c.id AS id, c.name AS name, c.kind AS kind, c.papers AS papers, c.mentions AS mentions, c.aliases AS aliases
ORDER BY papers DESC, mentions DESC, id
LIMIT $limit
