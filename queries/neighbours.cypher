// All relations of a concept to other concepts, in both directions, best supported first.
//
// in   concept: concept          concept, as id, name or alias
// in   limit: integer = 30       most rows to return
// out  relation: string          type of the relation
// out  forward: boolean          whether it starts at the concept asked about
// out  id: string                id of the other concept
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  papers: integer           papers behind the relation
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (c:Concept {id: $concept})-[r]-(other:Concept)
RETURN type(r) AS relation, startNode(r).id = $concept AS forward, other.id AS id, other.name AS name,
       other.kind AS kind, r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, relation, forward DESC
LIMIT $limit
