// The concepts that two concepts both have a relation to: where they meet.
//
// in   first: concept            one concept
// in   second: concept           the other
// in   limit: integer = 30       most rows to return
// out  id: string                id of the concept between them
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  of_first: list<string>    types of its relations to the first
// out  of_second: list<string>   types of its relations to the second
// out  papers: integer           papers behind all these relations, counted once a relation
MATCH (a:Concept {id: $first})-[r]-(middle:Concept)
WHERE middle.id <> $second
WITH middle, type(r) AS relation, r.papers AS papers
ORDER BY relation
WITH middle, collect(DISTINCT relation) AS of_first, sum(papers) AS papers_first
MATCH (middle)-[s]-(b:Concept {id: $second})
WITH middle, of_first, papers_first, type(s) AS relation, s.papers AS papers
ORDER BY relation
WITH middle, of_first, papers_first, collect(DISTINCT relation) AS of_second, sum(papers) AS papers_second
RETURN middle.id AS id, middle.name AS name, middle.kind AS kind, of_first, of_second,
       papers_first + papers_second AS papers
ORDER BY papers DESC, id
LIMIT $limit
