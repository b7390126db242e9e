// The concepts that first appeared on or after a date, those in most papers first.
//
// in   since: date               first day, as 2023-12-01, 2023-12 or 2023
// in   kind: string = ""         only Method, Dataset or Task; empty for all
// in   min_papers: integer = 1   fewest papers that name it
// in   limit: integer = 30       most rows to return
// out  id: string                id of the concept
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  first_seen: string        date of the earliest dated paper that names it
// out  papers: integer           papers that name it
MATCH (c:Concept)
WHERE c.first_seen >= $since AND c.papers >= $min_papers AND ($kind = '' OR toLower(c.kind) = toLower($kind))
RETURN c.id AS id, c.name AS name, c.kind AS kind, c.first_seen AS first_seen, c.papers AS papers
ORDER BY papers DESC, first_seen, id
LIMIT $limit
