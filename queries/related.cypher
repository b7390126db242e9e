// The concepts named in the same papers as one concept, most shared papers first.
//
// in   concept: concept            concept, as id, name or alias
// in   kind: string = ""           only Method, Dataset or Task; empty for all
// in   min_papers: integer = 1     fewest papers that name both
// in   limit: integer = 20         most rows to return
// out  id: string                  id of the other concept
// out  name: string                its name
// out  kind: string                Method, Dataset or Task
// out  shared: integer             papers that name both
// out  share: float                shared papers over the papers that name either of the two (Jaccard index)
MATCH (c:Concept {id: $concept})<--(p:Paper)-->(other:Concept)
WHERE other.id <> $concept AND ($kind = '' OR toLower(other.kind) = toLower($kind))
WITH c, other, count(DISTINCT p) AS shared
WHERE shared >= $min_papers
RETURN other.id AS id, other.name AS name, other.kind AS kind, shared,
       toFloat(shared) / (c.papers + other.papers - shared) AS share
ORDER BY shared DESC, share DESC, id
LIMIT $limit
