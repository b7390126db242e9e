// The methods used for a task or for one of its special cases, best supported first.
//
// in   task: concept             task, as id, name or alias
// in   limit: integer = 30       most rows to return
// out  id: string                id of the method
// out  name: string              its name
// out  task: string              name of the task it is used for: the one asked for, or a special case of it
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (asked:Concept {id: $task})<-[:SUBTASK_OF*0..1]-(t:Concept)
WITH DISTINCT t
MATCH (t)<-[r:USED_FOR]-(m:Method)
RETURN m.id AS id, m.name AS name, t.name AS task,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, t.id
LIMIT $limit
