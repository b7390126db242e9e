// The components and ingredients of a method, best supported first.
//
// in   concept: concept          method, as id, name or alias
// in   limit: integer = 50       most rows to return
// out  id: string                id of the part
// out  name: string              its name
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (whole:Concept {id: $concept})<-[r:PART_OF]-(part:Concept)
RETURN part.id AS id, part.name AS name,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id
LIMIT $limit
